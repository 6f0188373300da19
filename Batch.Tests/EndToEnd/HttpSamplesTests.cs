using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Batch.Client;
using Batch.Tests.Deployment;

namespace Batch.Tests.EndToEnd;

/// <summary>The requests of <c>samples/batch.http</c>, one after the other, as an editor sends them.</summary>
[Collection("one system")]
[Trait("Tier", "system")]
public sealed partial class HttpSamplesTests(OneSystem one)
{
    readonly Dictionary<string, JsonElement> _answers = [];

    [Fact]
    public async Task Every_request_of_the_sample_file_is_answered_with_a_success()
    {
        var text = await File.ReadAllTextAsync(Repository.File("samples", "batch.http"));
        Assert.Contains("@api = http://localhost:8000\n", text);
        var requests = text.Split("\n###").Skip(1).ToList();
        Assert.NotEmpty(requests);
        foreach (var request in requests)
            await SendAsync(request);
    }

    // ' Submit a file\n# @name job\nPOST {{api}}/jobs\nContent-Type: text/csv\n\n< ./purchases/bad.csv\n'
    async Task SendAsync(string text)
    {
        var parts = text.Split("\n\n", 2);
        var lines = parts[0].Split('\n').Skip(1).ToList();
        var name = lines.Find(line => line.StartsWith("# @name ", StringComparison.Ordinal))?["# @name ".Length..];
        lines.RemoveAll(line => line.StartsWith('#') || line.Length == 0);
        var first = Fill(lines[0]).Split(' ', 2);
        using var request = new HttpRequestMessage(HttpMethod.Parse(first[0]), first[1]);
        if (parts.Length > 1 && parts[1].Trim() is { Length: > 0 } body)
        {
            var header = Assert.Single(lines.Skip(1));
            request.Content = new ByteArrayContent(body.StartsWith("< ", StringComparison.Ordinal)
                ? await File.ReadAllBytesAsync(Repository.File(["samples", .. body[2..].Split('/').Skip(1)]))
                : System.Text.Encoding.UTF8.GetBytes(Fill(body)));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(header["Content-Type: ".Length..]);
        }

        using var answer = await one.System.Http.SendAsync(request);
        var said = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{first[0]} {first[1]}: {(int)answer.StatusCode} {said}");
        if (name is not null)
            _answers[name] = JsonDocument.Parse(said).RootElement;
        // What follows looks at a job that is over.
        if (name == "job")
            Assert.Equal(JobState.PartialSuccess, (await one.System.Api.WaitUntilOverAsync(_answers[name].GetProperty("job_id").GetString()!)).State);
    }

    string Fill(string text) => Variable().Replace(text, found => found.Value == "{{api}}"
        ? one.System.ApiAddress.ToString().TrimEnd('/')
        : _answers[found.Groups["answer"].Value].GetProperty(found.Groups["member"].Value).GetString()!);

    // {{api}} or {{job.response.body.$.job_id}}
    [GeneratedRegex(@"\{\{(api|(?<answer>\w+)\.response\.body\.\$\.(?<member>\w+))\}\}")]
    private static partial Regex Variable();
}
