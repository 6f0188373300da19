using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Batch.Api.Uploads;

/// <summary>Gets an answer that comes before the end of the file to clients that read it only after they have sent all of that.</summary>
/// <remarks>
/// A connection that is closed while its client is still sending is reset, and the answer is lost with it. So the answer is written, and then what is
/// left of the file is read and thrown away, for as long as the options say. Stands before everything that answers: a refused key, an unknown model, a fault.
/// <para>A client that waits for <c>100 Continue</c> is not asked for the file any more. It is told that the connection is closed, as the two sides could
/// otherwise disagree about whether the file is still to come.</para>
/// </remarks>
internal sealed class EarlyAnswers(RequestDelegate next, OpenUploads uploads, IHostApplicationLifetime lifetime, UploadOptions options)
{
    const int BufferBytes = 64 << 10;

    /// <summary>A client that was not asked to go on may send all the same; it begins at once.</summary>
    static readonly TimeSpan UnaskedTimeout = TimeSpan.FromSeconds(1);

    /// <summary>A stop does not wait for all of a file that nobody reads; most clients have seen their answer by then.</summary>
    static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<TakesFile>() is null)
        {
            await next(context);
            return;
        }
        LiftLimits(context);
        using var upload = uploads.Begin(out var end);
        var body = new RequestBody(context.Request.BodyReader, end);
        context.Request.Body = body;
        var isUnasked = false;
        context.Response.OnStarting(() =>
        {
            isUnasked = !body.WasRead && context.Request.Headers.Expect.Count > 0;
            if (isUnasked)
                context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        await next(context);
        upload.Dispose();
        if (!body.HasEnded && !context.RequestAborted.IsCancellationRequested)
            await DropRestAsync(context, body, isUnasked);
    }

    /// <summary>A file may be of any size, and as slow as the options say.</summary>
    void LiftLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = options.MinBytesPerSecond == 0 ? null
                : new MinDataRate(options.MinBytesPerSecond, TimeSpan.FromSeconds(options.SlowClientGraceSeconds));
    }

    async Task DropRestAsync(HttpContext context, RequestBody body, bool isUnasked)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(isUnasked ? UnaskedTimeout : TimeSpan.FromSeconds(options.DropSeconds));
        body.Outlive();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await context.Response.CompleteAsync();
            var stopping = lifetime.ApplicationStopping;
            await using var stop = stopping.UnsafeRegister(_ => limit.CancelAfter(StopTimeout), null);
            for (var isFirst = true; await body.ReadAsync(buffer, limit.Token) > 0; isFirst = false)
            {
                if (isFirst && !stopping.IsCancellationRequested)
                    limit.CancelAfter(TimeSpan.FromSeconds(options.DropSeconds));
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // It went away, was too slow or went on for too long: it has been answered, and there is no more to do for it.
            if (body.WasRead && !isUnasked)
                context.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
