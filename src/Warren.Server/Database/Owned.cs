namespace Warren.Server.Database;

/// <summary>A row that belongs to somebody; authorisation asks for these two and nothing else.</summary>
internal interface IOwned
{
    string OwnerId { get; }
    string ProjectId { get; }
}

/// <summary>A row whose version rises with every change; it is the ETag, and a stale writer loses.</summary>
internal interface IVersioned
{
    int Version { get; set; }
}

/// <summary>A row whose every change is an event, committed in the same transaction.</summary>
internal interface IEventSource : IOwned
{
    string Id { get; }

    /// <summary>First half of the event's type: <c>machine</c>, <c>image</c>, <c>operation</c>, <c>host</c>.</summary>
    string EventSubject { get; }

    /// <summary>Second half of the event's type.</summary>
    /// <param name="verb"><c>created</c>, <c>changed</c> or <c>deleted</c>.</param>
    /// <param name="changed">Whether a property has changed, by its name.</param>
    string EventVerb(string verb, Func<string, bool> changed) => verb;
}

/// <summary>A row whose work is done on one host.</summary>
internal interface IHosted
{
    string Host { get; }
}
