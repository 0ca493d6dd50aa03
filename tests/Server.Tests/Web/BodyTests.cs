using System.Text;
using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Web;

/// <summary>What is wrong with a body is said by the field's name and in the API's words.</summary>
public sealed class BodyTests
{
    [Fact]
    public async Task What_is_wrong_with_a_body_is_said_in_the_words_of_the_api()
    {
        await using var server = await TestServer.StartAsync();
        await SaysAsync("machines", """{"image":"tiny","forwards":[null]}""", "forwards", "must not hold null");
        await SaysAsync("machines", """{"image":"tiny","options":{"a":null}}""", "options.a", "must not be null");
        await SaysAsync("machines", """{"image":"tiny","requires":"x"}""", "requires", "must be a list");
        await SaysAsync("machines", """{"image":"tiny","hostLabels":5}""", "hostLabels", "must be an object of names and values");
        await SaysAsync("machines", """{"image":"tiny","memoryMiB":"many"}""", "memoryMiB", "must be a whole number, and not too large for one");
        await SaysAsync("machines", """{"image":"tiny","memoryMiB":1e40}""", "memoryMiB", "must be a whole number, and not too large for one");
        await SaysAsync("machines", """{"image":7}""", "image", "must be a text");
        await SaysAsync("machines", """{"image":"tiny","ephemeral":"yes"}""", "ephemeral", "must be true or false");
        await SaysAsync("machines", """{"image":"tiny","ttlAction":"explode"}""", "ttlAction", "must be one of ", "suspend");
        await SaysAsync("machines", """{"image":"tiny","colour":"red"}""", "colour", "there is no such field");
        await SaysAsync("machines", """{"image":"tiny","forwards":[{"guestPort":"x"}]}""", "forwards[0].guestPort", "must be a whole number");
        await SaysAsync("projects", "{}", "name", "is required");
        await SaysAsync("projects", """{"name":null}""", "name");
        await SaysAsync("projects", "{", "body");
        await SaysAsync("projects", "[]", "body", "must be an object");
        await SaysAsync("projects", "{\"name\":\"\\ud800\"}", "name");

        async Task SaysAsync(string path, string body, string field, params string[] says)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await server.Client.PostAsync(path, content);
            var text = await answer.Content.ReadAsStringAsync();
            ((int)answer.StatusCode).ShouldBe(400, text);
            var problem = JsonSerializer.Deserialize<Problem>(text, WarrenJson.Options)!;
            problem.Errors!.Keys.ShouldBe([field], customMessage: text);
            foreach (var word in says) problem.Errors[field].Single().ShouldContain(word);
            text.ShouldNotContain("System.");
            text.ShouldNotContain("Warren.Contracts");
        }
    }
}
