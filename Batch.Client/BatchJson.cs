using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Client;

/// <summary>How the wire records are written: snake_case, nulls included, times with milliseconds and a Z.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    PropertyNameCaseInsensitive = true,
    Converters = [typeof(MillisecondTimestampConverter)])]
[JsonSerializable(typeof(Model))]
[JsonSerializable(typeof(Dialect))]
[JsonSerializable(typeof(ModelColumn))]
[JsonSerializable(typeof(IReadOnlyList<Model>))]
[JsonSerializable(typeof(CreateModelRequest))]
[JsonSerializable(typeof(DeleteModelResponse))]
[JsonSerializable(typeof(JobStatus))]
[JsonSerializable(typeof(JobList))]
[JsonSerializable(typeof(CancelJobResponse))]
[JsonSerializable(typeof(RejectedRow))]
[JsonSerializable(typeof(RejectedPage))]
[JsonSerializable(typeof(RejectedSummary))]
[JsonSerializable(typeof(IReadOnlyList<RejectedSummary>))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(DeadLetter))]
[JsonSerializable(typeof(DeadLetterList))]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class BatchJson : JsonSerializerContext;
