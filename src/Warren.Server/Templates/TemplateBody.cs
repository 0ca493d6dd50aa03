using System.Text;
using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Templates;

/// <summary>A template as it comes in: the bare text as <c>application/yaml</c> (RFC 9512), or within JSON.</summary>
internal sealed class TemplateBody : IBody
{
    public const string MediaType = "application/yaml";

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public required string Yaml { get; init; }

    string IBody.Text => Yaml;

    /// <summary>Called by ASP.NET for a handler's argument.</summary>
    public static async ValueTask<TemplateBody?> BindAsync(HttpContext context)
    {
        var type = context.Request.ContentType?.Split(';')[0].Trim().ToLowerInvariant();
        try
        {
            if (type is MediaType or "application/x-yaml" or "text/yaml" or "text/x-yaml")
            {
                using var reader = new StreamReader(context.Request.Body, s_strict, detectEncodingFromByteOrderMarks: false);
                return new TemplateBody { Yaml = await reader.ReadToEndAsync(context.RequestAborted) };
            }

            if (!context.Request.HasJsonContentType())
                throw new RefusedException(Problems.Of("unsupported-media-type", 415, "This route does not take that type", $"Send {MediaType} or application/json"));
            var request = await context.Request.ReadFromJsonAsync<SaveTemplateRequest>(context.RequestAborted);
            return new TemplateBody { Yaml = (request ?? throw new RefusedException(Problems.Validation("yaml", "is missing"))).Yaml };
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException("The body is not a request.", 400, e);
        }
        catch (DecoderFallbackException)
        {
            throw new RefusedException(Problems.Validation("yaml", "must be UTF-8"));
        }
    }
}
