using System.Net;
using System.Text.Json;
using Refit;

namespace Batch.Client;

/// <summary>The Batch API over HTTP. One instance serves any number of concurrent calls.</summary>
/// <remarks>
/// <see cref="IBatchApi"/> says what each call does. Every one throws <see cref="BatchApiException"/> for an answer that is not a success, and
/// <see cref="BatchUnreachableException"/> where there was no answer. Uploads are sent as a raw body with <c>Expect: 100-continue</c>, so that
/// a refused upload (no such model, no key) is answered before the file is sent.
/// </remarks>
public sealed class BatchClient : IDisposable
{
    /// <summary>On a request that takes as long as the file is, or the job: nobody is to time it out.</summary>
    internal static readonly HttpRequestOptionsKey<bool> Unbounded = new("Batch.Unbounded");

    readonly HttpClient _http;
    readonly TimeSpan _timeout;
    readonly AnswerFaults _faults;
    readonly IBatchApi _api;
    readonly IBatchApi _unbounded;

    public BatchClient(BatchClientOptions options) : this(new HttpClient(new BatchHandler()), options)
    {
    }

    /// <param name="http">Its last handler is a <see cref="BatchHandler"/>; address, headers and time-out are set here.</param>
    internal BatchClient(HttpClient http, BatchClientOptions options)
    {
        Address = new Uri(options.Address.AbsoluteUri.TrimEnd('/') + "/");
        (_http, _timeout, _faults) = (http, options.Timeout, new AnswerFaults(Address));
        http.BaseAddress = Address;
        http.Timeout = System.Threading.Timeout.InfiniteTimeSpan;
        if (options.Tenant is { Length: > 0 } tenant)
            http.DefaultRequestHeaders.TryAddWithoutValidation(options.TenantHeader, tenant);
        if (options.ApiKey is { Length: > 0 } key)
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        _api = RestService.ForGenerated<IBatchApi>(http, Settings([]));
        _unbounded = RestService.ForGenerated<IBatchApi>(http, Settings(new() { [Unbounded.Key] = true }));
    }

    RefitSettings Settings(Dictionary<string, object> requestOptions) => new(SystemTextJsonContentSerializer.ForContext(BatchJson.Default))
    {
        UrlParameterKeyFormatter = new SnakeCaseUrlParameterKeyFormatter(),
        UrlParameterFormatter = new QueryValues(),
        ExceptionFactory = AnswerFaults.OfAnswerAsync,
        DeserializationExceptionFactory = AnswerFaults.OfBody,
        TransportExceptionFactory = _faults.OfConnection,
        HttpRequestMessageOptions = requestOptions,
    };

    public Uri Address { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>All of them, page by page.</summary>
    public async Task<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellationToken)
    {
        var models = new List<Model>();
        for (var query = new ModelQuery(); ;)
        {
            var page = await ListModelsAsync(query, cancellationToken).ConfigureAwait(false);
            models.AddRange(page.Models);
            if (page.Next is null)
                return models;
            query = query with { Cursor = page.Next };
        }
    }

    public Task<ModelList> ListModelsAsync(ModelQuery query, CancellationToken cancellationToken) => AskAsync(async limit =>
    {
        using var answer = await _api.ListModelsAsync(query, limit).ConfigureAwait(false);
        return await ModelPages.ReadAsync(answer, limit).ConfigureAwait(false);
    }, cancellationToken);

    public Task<Model> GetModelAsync(string model, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.GetModelAsync(model, limit), cancellationToken);

    public Task<Model> CreateModelAsync(CreateModelRequest request, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.CreateModelAsync(request, limit), cancellationToken);

    public Task<Model> UpdateModelAsync(string model, CreateModelRequest request, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.UpdateModelAsync(model, request, limit), cancellationToken);

    public Task DeleteModelAsync(string model, bool dropData, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.DeleteModelAsync(model, dropData, limit), cancellationToken);

    public Task<JobList> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.ListJobsAsync(query, limit), cancellationToken);

    /// <param name="file">Read as it is sent, and not disposed.</param>
    public async Task<JobStatus> CreateJobAsync(CreateJobRequest request, Stream file, CancellationToken cancellationToken)
    {
        using var upload = new UploadContent(file, request.Gzip, request.Progress);
        var job = Given(await _unbounded.CreateJobAsync(request, upload, cancellationToken).ConfigureAwait(false));
        return job with { WasThere = upload.Status == HttpStatusCode.OK };
    }

    public Task<JobStatus> GetJobAsync(string job, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.GetJobAsync(job, limit), cancellationToken);

    public Task<CancelJobResponse> CancelJobAsync(string job, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.CancelJobAsync(job, limit), cancellationToken);

    public Task<RejectedPage> GetRejectedAsync(string job, RejectedQuery query, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.GetRejectedAsync(job, query, limit), cancellationToken);

    public Task<Stream> ExportRejectedAsync(string job, string format, CancellationToken cancellationToken) =>
        ExportRejectedAsync(job, format, new RejectedQuery(), cancellationToken);

    /// <param name="query">Its <see cref="RejectedQuery.Code"/> and <see cref="RejectedQuery.Column"/>; a stream has no pages.</param>
    public Task<Stream> ExportRejectedAsync(string job, string format, RejectedQuery query, CancellationToken cancellationToken) =>
        _unbounded.ExportRejectedAsync(job, format, query with { Limit = null, Cursor = null }, cancellationToken);

    public Task<IReadOnlyList<RejectedSummary>> GetRejectedSummaryAsync(string job, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.GetRejectedSummaryAsync(job, limit), cancellationToken);

    public Task<JobStatus> ReprocessAsync(string job, CancellationToken cancellationToken) =>
        ReprocessAsync(job, new ReprocessRequest(), cancellationToken);

    // Not bound by the time-out: it is answered when the last rejected row has been read and is in the log again.
    public async Task<JobStatus> ReprocessAsync(string job, ReprocessRequest request, CancellationToken cancellationToken) =>
        Given(await _unbounded.ReprocessAsync(job, request, cancellationToken).ConfigureAwait(false));

    public Task<JobStatus> ReprocessFileAsync(string job, Stream fixedRows, string? fileName, IProgress<long>? progress,
        CancellationToken cancellationToken) =>
        ReprocessFileAsync(job, new ReprocessRequest { FileName = fileName, Progress = progress }, fixedRows, cancellationToken);

    /// <param name="fixedRows">Read as it is sent, and not disposed.</param>
    public async Task<JobStatus> ReprocessFileAsync(string job, ReprocessRequest request, Stream fixedRows, CancellationToken cancellationToken)
    {
        using var upload = new UploadContent(fixedRows, request.Gzip, request.Progress);
        var made = Given(await _unbounded.ReprocessFileAsync(job, request, upload, cancellationToken).ConfigureAwait(false));
        return made with { WasThere = upload.Status == HttpStatusCode.OK };
    }

    // Not bound by the time-out: a billion rows take minutes to look at.
    public async Task<VerifyReport> VerifyAsync(string job, CancellationToken cancellationToken) =>
        Given(await _unbounded.VerifyAsync(job, cancellationToken).ConfigureAwait(false));

    public Task<DeadLetterList> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        AskAsync(limit => _api.ListDeadLettersAsync(query, limit), cancellationToken);

    public Task<Stream> GetDeadLetterRowsAsync(string id, CancellationToken cancellationToken) =>
        _unbounded.GetDeadLetterRowsAsync(id, cancellationToken);

    public async Task<JobStatus> RetryDeadLetterAsync(string id, CancellationToken cancellationToken) =>
        Given(await _unbounded.RetryDeadLetterAsync(id, cancellationToken).ConfigureAwait(false));

    public Task<JsonElement> InferSchemaAsync(Stream csv, CancellationToken cancellationToken) =>
        InferSchemaAsync(csv, new InferSchemaRequest(), cancellationToken);

    /// <param name="csv">Read as it is sent, and not disposed.</param>
    public async Task<JsonElement> InferSchemaAsync(Stream csv, InferSchemaRequest request, CancellationToken cancellationToken)
    {
        using var upload = new UploadContent(csv, request.Gzip, request.Progress);
        return Given(await _unbounded.InferSchemaAsync(request, upload, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Asks for what is to be answered, in whole, within the time-out.</summary>
    async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            return Given(await ask(limit.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException fault) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw _faults.TimedOut(_timeout, fault);
        }
    }

    // Refit makes nothing of a body of no bytes, and of the JSON null.
    T Given<T>(T? answer) => answer is null or JsonElement { ValueKind: JsonValueKind.Undefined }
        ? throw AnswerFaults.Unexpected(HttpStatusCode.OK, $"{Address}", "The body is empty.") : answer;
}
