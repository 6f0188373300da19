using System.Net;
using System.Net.Sockets;
using System.Text;
using Batch.Client;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Api;

/// <summary>What is decided by the headers, or in mid-file, reaches the client whatever it does with the rest of its file.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class EarlyAnswerTests(ClickHouseProcess clickHouse)
{
    const int Megabyte = 1 << 20;
    /// <summary>Far more than fits between the two sides, and than Kestrel reads of its own accord.</summary>
    const int Long = 200;

    static readonly byte[] SomeRows = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1,1716045542,1.25\n", Megabyte / 18)));

    /// <summary>As Python's http.client and many others do it: everything is sent, then the answer is read.</summary>
    static async Task<(string Status, string Text)> SendAllThenReadAsync(ApiHost api, string path, int megabytes, string headers = "Content-Type: text/csv")
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var connection = new TcpClient();
        await connection.ConnectAsync(api.Address.Host, api.Address.Port, limit.Token);
        var stream = connection.GetStream();
        var first = "event_id,timestamp,amount\n"u8.ToArray();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\nContent-Length: {first.Length + (long)megabytes * SomeRows.Length}\r\n\r\n"), limit.Token);
        await stream.WriteAsync(first, limit.Token);
        for (var n = 0; n < megabytes; n++)
            await stream.WriteAsync(SomeRows, limit.Token);
        var answer = await ReadAnswerAsync(stream, limit.Token);
        // The connection serves the next request as well.
        await stream.WriteAsync("GET /alive HTTP/1.1\r\nHost: test\r\n\r\n"u8.ToArray(), limit.Token);
        Assert.Equal("200", (await ReadAnswerAsync(stream, limit.Token)).Status);
        return answer;
    }

    static async Task<(string Status, string Text)> ReadAnswerAsync(Stream stream, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 << 10];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            var answer = text.ToString();
            if (read == 0 || answer.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal) || answer.Contains("Healthy", StringComparison.Ordinal))
                return (answer.Split(' ')[1], answer);
        }
    }

    [Theory]
    [InlineData("/jobs?model_id=nosuch", "Content-Type: text/csv", "404", "MODEL_NOT_FOUND")]
    [InlineData("/jobs?model_id=purchases", "Content-Type: application/pdf", "415", "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("/jobs?model_id=purchases&label=day-1", "Content-Type: text/csv", "200", "day-1")]
    [InlineData("/schema", "Content-Type: application/pdf", "415", "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("/jobs/00000000/reprocess", "Content-Type: text/csv", "404", "JOB_NOT_FOUND")]
    public async Task A_client_that_sends_200_MB_before_it_reads_sees_the_answer(string path, string headers, string status, string part)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        await api.UploadAsync(model, "event_id,timestamp,amount\n1,1716045542,1\n", new CreateJobRequest { ModelId = "", Label = "day-1" });

        var answer = await SendAllThenReadAsync(api, path, Long, headers);

        Assert.Equal(status, answer.Status);
        Assert.Contains(part, answer.Text);
    }

    [Fact]
    public async Task A_refused_key_is_told_to_a_client_that_sends_200_MB_before_it_reads()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("ApiKeys:secret", "tenant_a"));
        Assert.Equal("401", (await SendAllThenReadAsync(api, "/jobs?model_id=m", Long)).Status);
    }

    [Fact]
    public async Task Another_file_under_a_label_is_told_to_a_client_that_sends_200_MB_before_it_reads()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var job = await api.UploadAsync(model, "event_id,timestamp,amount\n1,1716045542,1\n", new CreateJobRequest { ModelId = "", Label = "day-1" });
        await api.ProcessAsync(job);
        var answer = await SendAllThenReadAsync(api, "/jobs?model_id=purchases&label=day-1", Long);
        Assert.Equal("409", answer.Status);
        Assert.Contains("LABEL_CONTENT_DIFFERS", answer.Text);
    }

    [Fact]
    public async Task A_client_that_waits_to_be_asked_is_not_asked_and_the_connection_is_said_to_be_closed()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = new TcpClient();
        await connection.ConnectAsync(api.Address.Host, api.Address.Port, limit.Token);
        await connection.GetStream().WriteAsync(
            (byte[])[
                .. "POST /jobs?model_id=nosuch HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\n"u8,
                .. "Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n"u8,
            ],
            limit.Token);
        var (status, text) = await ReadAnswerAsync(connection.GetStream(), limit.Token);
        Assert.Equal("404", status);
        Assert.DoesNotContain("100 Continue", text);
        Assert.Contains("Connection: close", text);
    }

    [Fact]
    public async Task A_client_that_goes_on_for_longer_than_is_allowed_is_cut_off()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Uploads:DropSeconds", "1"));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var connection = new TcpClient();
        await connection.ConnectAsync(api.Address.Host, api.Address.Port, limit.Token);
        var stream = connection.GetStream();
        await stream.WriteAsync(
            "POST /jobs?model_id=nosuch HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\nContent-Length: 100000000000\r\n\r\n"u8.ToArray(), limit.Token);
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await stream.WriteAsync(new byte[1000], limit.Token);
                await Task.Delay(10, limit.Token);
            }
        });
    }

    /// <summary>The client of the command line reads no more of a file that nobody wants.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_typed_client_stops_at_an_answer_that_comes_in_mid_file(bool knowsLength)
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Uploads:HeartbeatSeconds", "0.2"), ("Uploads:ExpressBytes", "0"));
        var model = await api.CreateModelAsync();
        var file = new PausedFile(knowsLength ? 40L << 20 : null);
        var upload = api.Client.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, CancellationToken.None);
        JobStatus? job = null;
        for (var until = DateTime.UtcNow.AddSeconds(20); job is null; await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, "There is no job.");
            job = (await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs is [var first, ..] ? first : null;
        }
        await api.Client.CancelJobAsync(job.JobId, CancellationToken.None);

        // No byte comes any more, and none is waited for.
        var answered = upload.WaitAsync(TimeSpan.FromSeconds(15));
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => answered);
        Assert.Equal(("JOB_OVER", HttpStatusCode.Conflict, job.JobId), (refusal.Code, refusal.StatusCode, refusal.JobId));
        Assert.Contains($"Job {job.JobId} was cancelled", refusal.Message);
        Assert.Equal(JobState.Cancelled, (await api.UntilOverAsync(job.JobId)).State);
    }

    /// <summary>Some rows, and then nothing for ever.</summary>
    sealed class PausedFile(long? length) : MemoryStream
    {
        readonly TaskCompletionSource _never = new();
        int _reads;

        public override bool CanSeek => length is not null;
        public override long Length => length ?? throw new NotSupportedException();
        public override long Position { get => 0; set => throw new NotSupportedException(); }


        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_reads++ > 20)
                await _never.Task.WaitAsync(cancellationToken);
            var rows = _reads == 1 ? "event_id,timestamp,amount\n"u8 : SomeRows.AsSpan(0, 18 * (buffer.Length / 18));
            rows.CopyTo(buffer.Span);
            return rows.Length;
        }
    }
}
