using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>202 with the operation as body and its address as Location.</summary>
internal sealed class AcceptedOperation(OperationRow row) : IResult, IEndpointMetadataProvider, IReplayable
{
    public const string Routes = "/api/v1/operations/";

    public OperationRow Operation => row;

    public int Status => StatusCodes.Status202Accepted;

    public string? Location => Routes + row.Id;

    public object Body => row.ToContract();

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
        => builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted, typeof(Contracts.Operation), ["application/json"]));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        httpContext.Response.Headers.Location = Location;
        return httpContext.Response.WriteAsJsonAsync(row.ToContract(), WarrenJson.Options);
    }
}
