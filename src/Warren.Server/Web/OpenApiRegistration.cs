using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace Warren.Server.Web;

/// <summary>The API's description (OpenAPI 3.1), generated from the code, open to all at /openapi/v1.json.</summary>
internal static class OpenApiRegistration
{
    public static void AddWarrenOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Warren",
                Version = "v1",
                Description = "Lends computers: launches and drives full virtual machines. Every change of something that runs is an operation.",
                License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
            };
            // Relative: the same document serves every address that the server is reached by.
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token from POST /tokens." },
                ["cookie"] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Cookie,
                    Name = Access.Authentication.CookieName,
                    Description = "A browser's session, from POST /session.",
                },
            };
            // Where an enum may be left out, that is said of the place where it stands; the generator writes it into the enum, too.
            foreach (var schema in document.Components.Schemas?.Values.OfType<OpenApiSchema>().Where(s => s.Enum is not null) ?? [])
                schema.Enum = [.. schema.Enum!.Where(v => v is not null && !v.IsJsonNullSentinel())];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var open = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any();
            operation.Security = open ? [] :
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", context.Document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("cookie", context.Document)] = [] },
            ];
            if (!open) operation.Responses!.TryAdd("401", new OpenApiResponse { Description = "Nobody is known by this cookie or token" });
            return Task.CompletedTask;
        });
    });
}
