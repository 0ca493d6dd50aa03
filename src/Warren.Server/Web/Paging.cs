using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>Cursor pages over a text column that is unique: stable while rows come and go.</summary>
internal static class Paging
{
    public const int DefaultLimit = 50;
    public const int MaximumLimit = 200;

    public static int LimitOf(int? limit) => limit is null ? DefaultLimit
        : limit is >= 1 and <= MaximumLimit ? limit.Value
        : throw new RefusedException(Problems.Validation("limit", $"1 to {MaximumLimit}"));

    /// <summary>One page of a query, ordered by <paramref name="key"/>.</summary>
    public static async Task<Page<TView>> PageAsync<TRow, TView>(
        IQueryable<TRow> rows, Expression<Func<TRow, string>> key, bool newestFirst, int? limit, string? after,
        Func<TRow, TView> view, CancellationToken cancellation)
    {
        var (page, next) = await RowsAsync(rows, key, newestFirst, limit, after, cancellation);
        return new Page<TView>([.. page.Select(view)], next);
    }

    public static async Task<(List<TRow> Rows, string? Next)> RowsAsync<TRow>(
        IQueryable<TRow> rows, Expression<Func<TRow, string>> key, bool newestFirst, int? limit, string? after, CancellationToken cancellation)
    {
        var take = LimitOf(limit);
        if (after is not null) rows = rows.Where(Beyond(key, after, newestFirst));
        rows = newestFirst ? rows.OrderByDescending(key) : rows.OrderBy(key);
        var page = await rows.Take(take + 1).ToListAsync(cancellation);
        if (page.Count <= take) return (page, null);
        page.RemoveAt(take);
        return (page, key.Compile()(page[^1]));
    }

    private static Expression<Func<TRow, bool>> Beyond<TRow>(Expression<Func<TRow, string>> key, string after, bool descending)
    {
        var compare = Expression.Call(typeof(string), nameof(string.Compare), null, key.Body, Expression.Property(Expression.Constant(new Cursor(after)), nameof(Cursor.Value)));
        var zero = Expression.Constant(0);
        return Expression.Lambda<Func<TRow, bool>>(
            descending ? Expression.LessThan(compare, zero) : Expression.GreaterThan(compare, zero), key.Parameters);
    }

    /// <summary>What a query's parameter is taken from: a constant would be written into the query's text, and each cursor be a query of its own.</summary>
    private sealed record Cursor(string Value);
}
