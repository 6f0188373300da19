using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Batch.AppHost;

/// <summary>A button in the dashboard that uploads a small file, so that there is a trace to look at.</summary>
static class SampleJob
{
    const string Model = "sample purchases";

    // The third row is rejected: its amount is no number.
    const string Csv = """
        event_id,timestamp,amount
        1,1716045542,12.5
        2,1716045543,8.0
        3,1716045544,cheap
        """;

    public static IResourceBuilder<ProjectResource> WithSampleJobCommand(this IResourceBuilder<ProjectResource> api) => api.WithCommand(
        "submit-sample-job", "Submit sample job",
        async context => await SubmitAsync(new Uri(api.GetEndpoint("http").Url), context.CancellationToken),
        new CommandOptions
        {
            Description = "Uploads three rows, one of them bad, to the model 'sample purchases'.",
            IconName = "ArrowUpload",
            IsHighlighted = true,
        });

    static async Task<ExecuteCommandResult> SubmitAsync(Uri api, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = api };
        try
        {
            var model = await FindModelAsync(http, cancellationToken) ?? await CreateModelAsync(http, cancellationToken);
            using var file = new StringContent(Csv, Encoding.UTF8, "text/csv");
            using var response = await http.PostAsync($"/jobs?model_id={model}", file, cancellationToken);
            return response.IsSuccessStatusCode
                ? CommandResults.Success()
                : CommandResults.Failure(await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException exception)
        {
            return CommandResults.Failure(exception.Message);
        }
    }

    static async Task<string?> FindModelAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var models = await http.GetFromJsonAsync<JsonElement>("/models", cancellationToken);
        return models.EnumerateArray()
            .Where(model => model.GetProperty("name").GetString() == Model)
            .Select(model => model.GetProperty("model_id").GetString())
            .FirstOrDefault();
    }

    static async Task<string?> CreateModelAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var model = new { name = Model, schema = new { event_id = "String", timestamp = "UInt32", amount = "Float64" } };
        using var response = await http.PostAsJsonAsync("/models", model, cancellationToken);
        response.EnsureSuccessStatusCode();
        var created = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return created.GetProperty("model_id").GetString();
    }
}
