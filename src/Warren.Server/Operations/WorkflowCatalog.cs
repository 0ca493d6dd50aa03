namespace Warren.Server.Operations;

/// <summary>Every workflow by kind.</summary>
internal sealed class WorkflowCatalog(IEnumerable<Workflow> workflows)
{
    private readonly Dictionary<string, Workflow> _byKind = workflows.ToDictionary(w => w.Kind, StringComparer.Ordinal);

    public Workflow this[string kind] => _byKind[kind];

    public IEnumerable<Workflow> All => _byKind.Values;

    public Workflow? Find(string kind) => _byKind.GetValueOrDefault(kind);
}
