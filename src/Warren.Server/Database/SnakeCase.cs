using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;

namespace Warren.Server.Database;

/// <summary>Names tables and columns the way SQL is read: <c>PortForwardRow.HostPort</c> is <c>port_forwards.host_port</c>.</summary>
internal static partial class SnakeCase
{
    public static void Apply(ModelBuilder model)
    {
        foreach (var entity in model.Model.GetEntityTypes())
        {
            entity.SetTableName(Of(entity.GetTableName()!));
            foreach (var property in entity.GetProperties()) property.SetColumnName(Of(property.Name));
        }
    }

    public static string Of(string name) => Boundary().Replace(name, "_").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Boundary();
}
