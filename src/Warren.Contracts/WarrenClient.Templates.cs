namespace Warren.Contracts;

/// <summary>Templates.</summary>
public sealed partial class WarrenClient
{
    /// <summary>Templates by name, the shipped ones among them; without their texts.</summary>
    public IAsyncEnumerable<Template> ListTemplatesAsync(CancellationToken cancellation = default) => PagesAsync<Template>("/templates", cancellation);

    /// <summary>A template with its text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">A version of it; the newest when null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<Template> GetTemplateAsync(string name, int? version = null, CancellationToken cancellation = default)
        => GetAsync<Template>($"/templates/{Segment(name)}{(version is null ? "" : $"?version={version}")}", cancellation);

    /// <summary>A template's versions, newest first; without their texts.</summary>
    public IAsyncEnumerable<Template> ListTemplateVersionsAsync(string name, CancellationToken cancellation = default)
        => PagesAsync<Template>($"/templates/{Segment(name)}/versions", cancellation);

    /// <summary>Saves a new template; its name is in the text.</summary>
    public Task<Template> CreateTemplateAsync(string yaml, CancellationToken cancellation = default)
        => PostAsync<Template>("/templates", new SaveTemplateRequest { Yaml = yaml }, cancellation);

    /// <summary>Makes the next version of a template.</summary>
    public Task<Template> UpdateTemplateAsync(string name, string yaml, CancellationToken cancellation = default)
        => SendAsync<Template>(() => WithBody(HttpMethod.Put, $"/templates/{Segment(name)}", new SaveTemplateRequest { Yaml = yaml }), cancellation);

    /// <summary>Checks a text and says which launch it stands for; nothing is saved.</summary>
    public Task<TemplateValidation> ValidateTemplateAsync(ValidateTemplateRequest request, CancellationToken cancellation = default)
        => PostAsync<TemplateValidation>("/templates/validate", request, cancellation);

    /// <summary>Writes a file for Vagrant from a template or a machine; nothing is saved.</summary>
    public Task<Vagrantfile> WriteVagrantfileAsync(VagrantfileRequest request, CancellationToken cancellation = default)
        => PostAsync<Vagrantfile>("/vagrantfiles", request, cancellation);

    /// <summary>Deletes a template with all its versions; machines made from it stay.</summary>
    public Task DeleteTemplateAsync(string name, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/templates/{Segment(name)}", cancellation);
}
