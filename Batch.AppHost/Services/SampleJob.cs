using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Client.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.AppHost;

/// <summary>A button in the dashboard that uploads a small file, so that there is a trace to look at.</summary>
static class SampleJob
{
    public const string Command = "submit-sample-job";
    const string Model = "sample purchases";

    // The third row is rejected: its amount is no number.
    const string Csv = """
        event_id,timestamp,amount
        1,1716045542,12.5
        2,1716045543,8.0
        3,1716045544,cheap
        """;

    public static IResourceBuilder<ProjectResource> WithSampleJobCommand(this IResourceBuilder<ProjectResource> api, Uri address)
    {
        // The client finds the API by its name, as any process that the app host starts does by the variables it is given.
        api.ApplicationBuilder.Configuration.AddInMemoryCollection([new($"services:{Topology.Api}:http:0", address.ToString())]);
        api.ApplicationBuilder.Services.AddBatchClient();
        return api.WithCommand(
            Command, "Submit sample job",
            context => SubmitAsync(context.Services.GetRequiredService<BatchClient>(), context.CancellationToken),
            new CommandOptions
            {
                Description = "Uploads three rows, one of them bad, to the model 'sample purchases'.",
                IconName = "ArrowUpload",
                IsHighlighted = true,
            });
    }

    static async Task<ExecuteCommandResult> SubmitAsync(BatchClient api, CancellationToken cancellationToken)
    {
        try
        {
            var models = await api.ListModelsAsync(cancellationToken);
            var model = models.FirstOrDefault(model => model.Name == Model) ?? await api.CreateModelAsync(new CreateModelRequest
            {
                Name = Model,
                Schema = JsonDocument.Parse("""{"event_id": "String", "timestamp": "UInt32", "amount": "Float64"}""").RootElement,
            }, cancellationToken);
            using var file = new MemoryStream(Encoding.UTF8.GetBytes(Csv));
            var job = await api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId, FileName = "sample.csv" }, file, cancellationToken);
            return CommandResults.Success($"Job {job.JobId} has {job.Total} rows.");
        }
        catch (BatchApiException exception)
        {
            return CommandResults.Failure(exception.Message);
        }
        catch (BatchUnreachableException exception)
        {
            return CommandResults.Failure(exception.Message);
        }
    }
}
