using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

[assembly: InternalsVisibleTo("Batch.Tests")]

namespace Batch.Client;

/// <summary>The Batch API over HTTP. One instance serves any number of concurrent calls.</summary>
/// <remarks>
/// <see cref="IBatchApi"/> says what each call does. Uploads are sent as a raw body with <c>Expect: 100-continue</c>, so that a
/// refused upload (no such model, no key) is answered before the file is sent.
/// </remarks>
public sealed class BatchClient : IBatchApi, IDisposable
{
    readonly HttpClient _http;
    readonly bool _ownsHttp;
    readonly BatchClientOptions _options;
    readonly Uri _address;

    public BatchClient(BatchClientOptions options) : this(Http(Handler()), options) => _ownsHttp = true;

    /// <summary>Sends through a client of the caller's own, which stays the caller's to dispose.</summary>
    /// <remarks>Its <see cref="HttpClient.Timeout"/> must leave room for the longest upload.</remarks>
    public BatchClient(HttpClient http, BatchClientOptions options)
    {
        _http = http;
        _options = options;
        _address = new Uri(options.Address.AbsoluteUri.TrimEnd('/') + "/");
    }

    static HttpClient Http(SocketsHttpHandler handler) => new(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };

    static SocketsHttpHandler Handler() => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AutomaticDecompression = System.Net.DecompressionMethods.All,
    };

    public Uri Address => _address;

    public void Dispose()
    {
        if (_ownsHttp)
            _http.Dispose();
    }

    public Task<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "models", null, BatchJson.Default.IReadOnlyListModel, cancellationToken);

    public Task<Model> GetModelAsync(string model, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"models/{Segment(model)}", null, BatchJson.Default.Model, cancellationToken);

    public Task<Model> CreateModelAsync(CreateModelRequest request, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "models", Json(request), BatchJson.Default.Model, cancellationToken);

    public Task<Model> UpdateModelAsync(string model, CreateModelRequest request, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, $"models/{Segment(model)}", Json(request), BatchJson.Default.Model, cancellationToken);

    public async Task DeleteModelAsync(string model, bool dropData, CancellationToken cancellationToken)
    {
        var path = new QueryBuilder($"models/{Segment(model)}").Add("drop_data", dropData ? "true" : null).ToString();
        using var answer = await AnswerAsync(_http, Request(HttpMethod.Delete, path), bounded: true, cancellationToken).ConfigureAwait(false);
    }

    public Task<JobList> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, new QueryBuilder("jobs")
            .Add("limit", query.Limit)
            .Add("cursor", query.Cursor)
            .Add("state", query.State is { } state ? WireName(state) : null)
            .Add("model", query.Model)
            .ToString(), null, BatchJson.Default.JobList, cancellationToken);

    public async Task<JobStatus> CreateJobAsync(CreateJobRequest request, Stream file, CancellationToken cancellationToken)
    {
        var (job, status) = await UploadAsync(new QueryBuilder("jobs")
            .Add("model_id", request.ModelId)
            .Add("file_name", request.FileName)
            .Add("label", request.Label)
            .Add("delimiter", request.Delimiter is { } delimiter ? DelimiterName(delimiter) : null)
            .Add("extra_columns", request.IgnoreExtraColumns switch { true => "ignore", false => "reject", null => null })
            .Add("short_rows", request.ShortRows)
            .Add("quotes", request.Quotes)
            .Add("max_errors", request.MaxErrors)
            .ToString(), file, request.Gzip, request.Progress, BatchJson.Default.JobStatus, cancellationToken).ConfigureAwait(false);
        return job with { WasThere = status == HttpStatusCode.OK };
    }

    public Task<JobStatus> GetJobAsync(string job, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"jobs/{Segment(job)}", null, BatchJson.Default.JobStatus, cancellationToken);

    public Task<CancelJobResponse> CancelJobAsync(string job, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"jobs/{Segment(job)}", null, BatchJson.Default.CancelJobResponse, cancellationToken);

    public Task<RejectedPage> GetRejectedAsync(string job, RejectedQuery query, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, new QueryBuilder($"jobs/{Segment(job)}/rejected")
            .Add("limit", query.Limit)
            .Add("cursor", query.Cursor)
            .Add("code", query.Code)
            .Add("column", query.Column)
            .ToString(), null, BatchJson.Default.RejectedPage, cancellationToken);

    public Task<Stream> ExportRejectedAsync(string job, string format, CancellationToken cancellationToken) =>
        ExportRejectedAsync(job, format, new RejectedQuery(), cancellationToken);

    public Task<Stream> ExportRejectedAsync(string job, string format, RejectedQuery query, CancellationToken cancellationToken) =>
        StreamAsync(new QueryBuilder($"jobs/{Segment(job)}/rejected")
            .Add("format", format).Add("code", query.Code).Add("column", query.Column).ToString(), cancellationToken);

    async Task<Stream> StreamAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(_http, Request(HttpMethod.Get, path), bounded: false, cancellationToken).ConfigureAwait(false);
        // Disposing the content stream gives the connection back; the message itself holds nothing else.
        return await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<RejectedSummary>> GetRejectedSummaryAsync(string job, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"jobs/{Segment(job)}/rejected/summary", null,
            BatchJson.Default.IReadOnlyListRejectedSummary, cancellationToken);

    public Task<JobStatus> ReprocessAsync(string job, CancellationToken cancellationToken) =>
        ReprocessAsync(job, new ReprocessRequest(), cancellationToken);

    // Not bound by the time-out: it is answered when the last rejected row has been read and is in the log again.
    public Task<JobStatus> ReprocessAsync(string job, ReprocessRequest request, CancellationToken cancellationToken)
    {
        var path = new QueryBuilder($"jobs/{Segment(job)}/reprocess")
            .Add("code", request.Code).Add("column", request.Column).Add("label", request.Label).Add("max_errors", request.MaxErrors)
            .Add("extra_columns", request.IgnoreExtraColumns switch { true => "ignore", false => "reject", null => null }).Add("again", request.Again ? "true" : null);
        foreach (var (column, value) in request.Set)
            path.Add("set", $"{column}={value}");
        return SendAsync(HttpMethod.Post, path.ToString(), null, BatchJson.Default.JobStatus, cancellationToken, bounded: false);
    }

    public Task<JobStatus> ReprocessFileAsync(string job, Stream fixedRows, string? fileName, IProgress<long>? progress,
        CancellationToken cancellationToken) =>
        ReprocessFileAsync(job, new ReprocessRequest { FileName = fileName, Progress = progress }, fixedRows, cancellationToken);

    public async Task<JobStatus> ReprocessFileAsync(string job, ReprocessRequest request, Stream fixedRows, CancellationToken cancellationToken)
    {
        var (made, status) = await UploadAsync(new QueryBuilder($"jobs/{Segment(job)}/reprocess")
            .Add("file_name", request.FileName).Add("label", request.Label).Add("max_errors", request.MaxErrors)
            .Add("extra_columns", request.IgnoreExtraColumns switch { true => "ignore", false => "reject", null => null }).Add("again", request.Again ? "true" : null)
            .ToString(), fixedRows, request.Gzip, request.Progress, BatchJson.Default.JobStatus, cancellationToken).ConfigureAwait(false);
        return made with { WasThere = status == HttpStatusCode.OK };
    }

    // Not bound by the time-out: a billion rows take minutes to look at.
    public Task<VerifyReport> VerifyAsync(string job, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"jobs/{Segment(job)}/verify", null, BatchJson.Default.VerifyReport, cancellationToken, bounded: false);

    public Task<DeadLetterList> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, new QueryBuilder("dead-letters")
            .Add("limit", query.Limit)
            .Add("cursor", query.Cursor)
            .Add("job", query.Job)
            .ToString(), null, BatchJson.Default.DeadLetterList, cancellationToken);

    public Task<Stream> GetDeadLetterRowsAsync(string id, CancellationToken cancellationToken) =>
        StreamAsync($"dead-letters/{Segment(id)}/rows", cancellationToken);

    public Task<JobStatus> RetryDeadLetterAsync(string id, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, $"dead-letters/{Segment(id)}/retry", null, BatchJson.Default.JobStatus, cancellationToken, bounded: false);

    public Task<JsonElement> InferSchemaAsync(Stream csv, CancellationToken cancellationToken) =>
        InferSchemaAsync(csv, new InferSchemaRequest(), cancellationToken);

    public async Task<JsonElement> InferSchemaAsync(Stream csv, InferSchemaRequest request, CancellationToken cancellationToken) =>
        (await UploadAsync(new QueryBuilder("schema")
            .Add("delimiter", request.Delimiter is { } delimiter ? DelimiterName(delimiter) : null)
            .Add("format", request.Format)
            .Add("evidence", request.Evidence ? "true" : null)
            .ToString(), csv, request.Gzip, request.Progress, BatchJson.Default.JsonElement, cancellationToken).ConfigureAwait(false)).Value;

    async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken, bool bounded = true)
    {
        var request = Request(method, path);
        request.Content = content;
        using var answer = await AnswerAsync(_http, request, bounded, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(answer, type, cancellationToken).ConfigureAwait(false);
    }

    async Task<(T Value, HttpStatusCode Status)> UploadAsync<T>(
        string path, Stream file, bool gzip, IProgress<long>? progress, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Post, path);
        request.Headers.ExpectContinue = true;
        using var content = new UploadContent(file, "text/csv", gzip, progress);
        request.Content = content;
        try
        {
            using var own = _ownsHttp && content.IsLong ? Http(content.ConnectBy(Handler())) : null;
            using var answer = await AnswerAsync(own ?? _http, request, bounded: false, cancellationToken).ConfigureAwait(false);
            return (await ReadAsync(answer, type, cancellationToken).ConfigureAwait(false), answer.StatusCode);
        }
        catch (BatchUnreachableException) when (content.ReadFault is { } fault)
        {
            fault.Throw();
            throw;
        }
    }

    HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(_address, path));
        if (_options.Tenant is { Length: > 0 } tenant)
            request.Headers.TryAddWithoutValidation(_options.TenantHeader, tenant);
        if (_options.ApiKey is { Length: > 0 } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    /// <summary>The answer with its headers read and its status a success; the body is still to come.</summary>
    async Task<HttpResponseMessage> AnswerAsync(HttpClient http, HttpRequestMessage request, bool bounded, CancellationToken cancellationToken)
    {
        using var _ = request;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (bounded)
            limit.CancelAfter(_options.Timeout);
        HttpResponseMessage? answer = null;
        try
        {
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (bounded || !answer.IsSuccessStatusCode)
                await answer.Content.LoadIntoBufferAsync(limit.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return answer;
            throw await ProblemAsync(answer, limit.Token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            answer?.Dispose();
            if (Unreachable(fault, cancellationToken) is { } unreachable)
                throw unreachable;
            throw;
        }
    }

    async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException("The body is null.");
        }
        catch (JsonException fault)
        {
            throw new BatchApiException(answer.StatusCode, "UNEXPECTED_ANSWER",
                $"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode} with a body that is not a Batch API's: {fault.Message}"
                + " Check that the address is that of a Batch API of this version.", null);
        }
        catch (Exception fault) when (Unreachable(fault, cancellationToken) is { } unreachable)
        {
            throw unreachable;
        }
    }

    static async Task<BatchApiException> ProblemAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        ApiProblem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(body, BatchJson.Default.ApiProblem);
        }
        catch (JsonException)
        {
            // Something between here and the API answered with a page of its own; the status is all there is to tell.
        }
        var message = problem?.Detail ?? problem?.Title ?? problem?.Error
            ?? $"The API answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        return new BatchApiException(answer.StatusCode, problem?.Code ?? "", message, problem?.TraceId) { JobId = problem?.JobId };
    }

    BatchUnreachableException? Unreachable(Exception fault, CancellationToken cancellationToken) => fault switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException => new BatchUnreachableException(_address,
            new TimeoutException($"no answer within {_options.Timeout.TotalSeconds:0.#} s.", fault)),
        HttpRequestException or IOException => new BatchUnreachableException(_address, fault),
        _ => null,
    };

    static HttpContent Json(CreateModelRequest request) => JsonContent.Create(request, BatchJson.Default.CreateModelRequest);

    static string Segment(string id) => Uri.EscapeDataString(id);

    static string WireName(JobState state) => JsonSerializer.SerializeToElement(state, BatchJson.Default.JobState).GetString()!;

    static string DelimiterName(char delimiter) => delimiter == '\t' ? "tab" : delimiter.ToString();
}
