using System.Net;
using System.Net.Http.Json;
using System.Text;
using Batch.Core.Log;

namespace Batch.Tests.Api;

/// <summary>What the API says when it cannot do what it is asked; none of it needs a ClickHouse.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ProblemTests
{
    [Fact]
    public async Task An_unknown_route_and_a_wrong_method_answer_with_a_problem()
    {
        await using var api = await ApiHost.StartAsync(clickHouse: null);

        var route = await api.Http.GetAsync("/nowhere");
        Assert.Equal(HttpStatusCode.NotFound, route.StatusCode);
        Assert.Equal(("not found", "ROUTE_NOT_FOUND"), (await ApiHost.ProblemOf(route)) is var r ? (r.Error, r.Code) : default);

        var method = await api.Http.PatchAsync("/models", new StringContent(""));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        Assert.Equal("METHOD_NOT_ALLOWED", (await ApiHost.ProblemOf(method)).Code);
    }

    [Fact]
    public async Task A_client_that_accepts_only_CSV_gets_a_problem_as_JSON()
    {
        await using var api = await ApiHost.StartAsync(clickHouse: null);
        var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Accept.ParseAdd("text/csv");

        await ApiHost.ProblemOf(await api.Http.SendAsync(request));
    }

    [Fact]
    public async Task Without_ClickHouse_the_API_is_up_and_answers_503()
    {
        await using var api = await ApiHost.StartAsync(clickHouse: null);

        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/alive")).StatusCode);
        var answer = await api.Http.GetAsync("/models");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("CLICKHOUSE_UNAVAILABLE", (await ApiHost.ProblemOf(answer)).Code);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task The_document_of_the_API_names_every_route()
    {
        await using var api = await ApiHost.StartAsync(clickHouse: null);

        var document = await api.Http.GetFromJsonAsync<System.Text.Json.JsonElement>("/openapi/v1.json");

        var paths = document.GetProperty("paths");
        foreach (var path in (string[])["/models", "/models/{model}", "/jobs", "/jobs/{job}", "/jobs/{job}/rejected",
            "/jobs/{job}/rejected/summary", "/jobs/{job}/reprocess", "/jobs/{job}/verify", "/schema"])
            Assert.True(paths.TryGetProperty(path, out _), $"{path} is missing");
        var create = paths.GetProperty("/jobs").GetProperty("post");
        Assert.True(create.GetProperty("requestBody").GetProperty("content").TryGetProperty("multipart/form-data", out _));
        Assert.Equal("PARTIAL_SUCCESS", create.GetProperty("responses").GetProperty("202").GetProperty("content")
            .GetProperty("application/json").GetProperty("example").GetProperty("state").GetString());
        Assert.Contains("X-Tenant-ID", create.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("a\u0007b")]
    [InlineData("x", 129)]
    public async Task A_tenant_that_is_not_printable_or_too_long_is_refused(string piece, int times = 1)
    {
        var id = string.Concat(Enumerable.Repeat(piece, times));
        Assert.False(Batch.Api.Tenants.Tenant.IsValid(id));
        if (piece == "x")
        {
            await using var api = await ApiHost.StartAsync(clickHouse: null);
            var request = new HttpRequestMessage(HttpMethod.Get, "/models");
            request.Headers.TryAddWithoutValidation("X-Tenant-ID", id);
            Assert.Equal("INVALID_TENANT", (await ApiHost.ProblemOf(await api.Http.SendAsync(request))).Code);
        }
    }

    [Fact]
    public async Task With_keys_configured_a_request_needs_one_that_fits_its_tenant()
    {
        var digest = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("other"u8));
        await using var api = await ApiHost.StartAsync(clickHouse: null,
            ("ApiKeys:s3cret", "acme"), ("ApiKeys:sha256-" + digest, "beta"), ("ApiKeys:0:Key", "third"), ("ApiKeys:0:Tenant", "gamma"));

        Assert.Equal((401, "API_KEY_MISSING"), await AskAsync(null, null));
        Assert.Equal((401, "API_KEY_UNKNOWN"), await AskAsync("wrong", null));
        Assert.Equal((403, "TENANT_MISMATCH"), await AskAsync("s3cret", "beta"));
        Assert.Equal((400, "INVALID_PARAMETER"), await AskAsync("s3cret", "acme"));
        Assert.Equal((400, "INVALID_PARAMETER"), await AskAsync("other", null));
        Assert.Equal((400, "INVALID_PARAMETER"), await AskAsync("third", null));
        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/alive")).StatusCode);

        // A route that needs no ClickHouse, asked for something it refuses: who gets that far has been let in.
        async Task<(int, string?)> AskAsync(string? key, string? tenant)
        {
            var request = new HttpRequestMessage(HttpMethod.Post,
                "/schema?format=nonsense")
            { Content = new StringContent("a\n1\n", Encoding.UTF8, "text/csv") };
            if (key is not null)
                request.Headers.Authorization = new("Bearer", key);
            if (tenant is not null)
                request.Headers.Add("X-Tenant-ID", tenant);
            var answer = await api.Http.SendAsync(request);
            return ((int)answer.StatusCode, (await ApiHost.ProblemOf(answer)).Code);
        }
    }

    [Fact]
    public async Task A_key_without_a_tenant_stops_the_start()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => ApiHost.StartAsync(clickHouse: null, ("ApiKeys:s3cret", "")));
    }

    [Fact]
    public async Task Options_out_of_range_stop_the_start()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => ApiHost.StartAsync(clickHouse: null, ("Uploads:MaxConcurrent", "0")));
    }

    [Fact]
    public async Task A_schema_is_inferred_without_ClickHouse_and_without_a_log()
    {
        await using var api = await ApiHost.StartAsync(clickHouse: null);
        api.Log.Down = new LogUnavailableException("down");

        var schema = await api.Client.InferSchemaAsync(
            new MemoryStream("event_id;amount\n1;2.5\nx;\n"u8.ToArray()), CancellationToken.None);

        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.Equal("number", schema.GetProperty("properties").GetProperty("amount").GetProperty("type").GetString());
        var empty = await api.PostCsvAsync("/schema", []);
        Assert.Equal("EMPTY_FILE", (await ApiHost.ProblemOf(empty)).Code);
    }
}
