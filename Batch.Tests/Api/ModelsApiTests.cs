using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Batch.Client;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Api;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ModelsApiTests(ClickHouseProcess clickHouse)
{
    const string GuideBody = """
        { "name": "Sample Model", "schema": { "type": "object", "properties": { "id": { "type": "string" }, "value": { "type": "integer" } }, "required": ["id", "value"] } }
        """;

    [Fact]
    public async Task The_guides_model_is_created_and_listed_in_the_guides_shape()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);

        var answer = await api.Http.PostAsync("/models", new StringContent(GuideBody, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var created = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Matches("^[0-9a-f]{32}$", created.GetProperty("model_id").GetString());
        Assert.Equal("tenant_a", created.GetProperty("tenant_id").GetString());
        Assert.Equal("Sample Model", created.GetProperty("name").GetString());
        Assert.Matches(new Regex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), created.GetProperty("created_at").GetString());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(GuideBody).GetProperty("schema"), created.GetProperty("schema")));
        Assert.Equal($"/models/{created.GetProperty("model_id").GetString()}", answer.Headers.Location?.ToString());

        var listed = JsonElement.Parse(await api.Http.GetStringAsync("/models"));
        Assert.True(JsonElement.DeepEquals(created, Assert.Single(listed.EnumerateArray())));
    }

    [Fact]
    public async Task Models_are_listed_in_pages_of_which_each_leads_to_the_next()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        foreach (var name in (string[])["c", "a", "ü & =", "b", "a"])
            await api.CreateModelAsync(name: name);

        var first = await api.Http.GetAsync("/models?limit=2");
        Assert.Matches("^</models\\?limit=2&cursor=[^>]+>; rel=\"next\"$", Assert.Single(first.Headers.GetValues("Link")));
        var page = await api.Client.ListModelsAsync(new ModelQuery { Limit = 3 }, CancellationToken.None);
        var last = await api.Client.ListModelsAsync(new ModelQuery { Limit = 3, Cursor = page.Next }, CancellationToken.None);
        Assert.Equal(["a", "a", "b", "c", "ü & ="], page.Models.Concat(last.Models).Select(model => model.Name));
        Assert.Null(last.Next);
        Assert.Equal(5, (await api.Client.ListModelsAsync(CancellationToken.None)).Count);
        var refused = new Dictionary<string, string>
        {
            ["limit=0"] = "INVALID_PARAMETER", ["limit=1001"] = "INVALID_PARAMETER", ["cursor=x"] = "INVALID_CURSOR",
        };
        foreach (var (query, code) in refused)
            Assert.Equal(code, (await ApiHost.ProblemOf(await api.Http.GetAsync("/models?" + query))).Code);
    }

    [Fact]
    public async Task A_model_longer_than_two_mebibytes_is_refused_with_what_to_leave_out()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var body = """{"name":"x","schema":{"a":{"type":"STRING","description":""" + $"\"{new string('x', 2 << 20)}\"" + "}}}";

        var answer = await api.Http.PostAsync("/models", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        var problem = await ApiHost.ProblemOf(answer);
        Assert.Equal("BODY_TOO_LARGE", problem.Code);
        Assert.Contains("larger than 2,097,152 bytes, the limit for a model", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_tenants_models_are_not_there()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        using var other = new BatchClient(new BatchClientOptions { Address = api.Address, Tenant = "f47ac10b-58cc-4372-a567-0e02b2c3d479" });

        Assert.Empty(await other.ListModelsAsync(CancellationToken.None));
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => other.GetModelAsync(model.ModelId, CancellationToken.None));
        Assert.Equal((HttpStatusCode.NotFound, "MODEL_NOT_FOUND"), (refusal.StatusCode, refusal.Code));
        Assert.Equal("tenant_a", (await api.Client.GetModelAsync(model.ModelId[..8], CancellationToken.None)).TenantId);
    }

    [Fact]
    public async Task The_tenant_header_has_the_name_it_was_given()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("TENANT_HEADER", "X-Org"));
        using var client = new BatchClient(new BatchClientOptions { Address = api.Address, Tenant = "acme", TenantHeader = "X-Org" });

        var model = await client.CreateModelAsync(
            new CreateModelRequest { Name = "m", Schema = JsonElement.Parse(ApiHost.PurchaseSchema) }, CancellationToken.None);

        Assert.Equal("acme", model.TenantId);
    }

    [Fact]
    public async Task A_client_that_uses_the_usual_tenant_header_where_it_is_another_is_told_and_the_typed_client_then_uses_that()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("TENANT_HEADER", "X-Org"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/models") { Headers = { { "X-Tenant-ID", "acme" } } };
        using var refused = await api.Http.SendAsync(request);
        var problem = await ApiHost.ProblemOf(refused);
        Assert.Equal((400, "INVALID_TENANT"), (problem.Status, problem.Code));
        Assert.Contains("here the header is X-Org", problem.Detail, StringComparison.Ordinal);

        using var client = new BatchClient(new BatchClientOptions { Address = api.Address, Tenant = "acme" });
        var model = await client.CreateModelAsync(
            new CreateModelRequest { Name = "m", Schema = JsonElement.Parse(ApiHost.PurchaseSchema) }, CancellationToken.None);
        Assert.Equal("acme", model.TenantId);
        using var fresh = new BatchClient(new BatchClientOptions { Address = api.Address, Tenant = "acme" });
        var file = new MemoryStream("event_id,timestamp,amount\na,1716045542,1.5\n"u8.ToArray());
        Assert.Equal("acme", (await fresh.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, CancellationToken.None)).TenantId);
    }

    [Fact]
    public async Task An_update_is_a_new_version_and_what_cannot_be_followed_is_409()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var updated = await api.Client.UpdateModelAsync(model.ModelId, new CreateModelRequest
        {
            Schema = JsonElement.Parse("""{"event_id":"String","timestamp":"UInt32","amount":"Float64","note":"Nullable(String)"}"""),
        }, CancellationToken.None);

        Assert.Equal((2, "purchases", 4), (updated.Version, updated.Name, updated.Columns.Count));
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.Client.UpdateModelAsync("purchases", new CreateModelRequest
        {
            Schema = JsonElement.Parse("""{"event_id":"String","timestamp":"UInt32","amount":"Bool"}"""),
        }, CancellationToken.None));
        Assert.Equal((HttpStatusCode.Conflict, "INCOMPATIBLE_SCHEMA"), (refusal.StatusCode, refusal.Code));
    }

    [Theory]
    [InlineData("{not json", "application/json", 400, "INVALID_JSON")]
    [InlineData("[]", "application/json", 400, "INVALID_JSON")]
    [InlineData("null", "application/json", 400, "INVALID_JSON")]
    [InlineData("""{"name":"x"}""", "application/json", 400, "SCHEMA_MISSING")]
    [InlineData("""{"schema":{"a":"String"}}""", "application/json", 400, "NAME_MISSING")]
    [InlineData("""{"name":" ","schema":{"a":"String"}}""", "application/json", 400, "NAME_MISSING")]
    [InlineData("""{"name":"x","schema":"String"}""", "application/json", 400, "INVALID_SCHEMA")]
    [InlineData("""{"name":"x","schema":{}}""", "application/json", 400, "INVALID_SCHEMA")]
    [InlineData("""{"name":"x","schema":{"a":"Object('json')"}}""", "application/json", 400, "UNSUPPORTED_TYPE")]
    [InlineData("""{"name":"x","schema":{"a":"String"}}""", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE")]
    public async Task A_body_that_is_no_model_is_refused_with_the_reason(string body, string type, int status, string code)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);

        var answer = await api.Http.PostAsync("/models", new StringContent(body, Encoding.UTF8, type));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, (await ApiHost.ProblemOf(answer)).Code);
    }

    [Fact]
    public async Task A_column_may_be_called_anything_and_is_loaded()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync("""{"a`b\\":"String","'; DROP TABLE jobs; --":"Int32"}""", "odd");

        var job = await api.ProcessAsync(await api.UploadAsync(model, "a`b\\,'; DROP TABLE jobs; --\nx,1\n"));

        Assert.Equal((JobState.Success, 1), (job.State, job.Success));
    }

    [Fact]
    public async Task Deleting_a_model_fails_its_open_jobs_and_drops_the_table_only_when_asked()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var kept = await api.CreateModelAsync(name: "kept");
        var job = await api.UploadAsync(kept, "event_id,timestamp,amount\n1,1716045542,1\n");

        await api.Client.DeleteModelAsync(kept.ModelId, dropData: false, CancellationToken.None);

        var over = await api.UntilOverAsync(job.JobId);
        Assert.Equal((JobState.Failed, "MODEL_DELETED"), (over.State, over.FailureCode));
        await Assert.ThrowsAsync<BatchApiException>(() => api.Client.GetModelAsync(kept.ModelId, CancellationToken.None));
        Assert.Equal("MODEL_NOT_FOUND", (await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(kept, "event_id\n"))).Code);
        Assert.Single((await api.Client.ListJobsAsync(new JobQuery { Model = kept.ModelId }, CancellationToken.None)).Jobs);
        Assert.Equal("1\n", await TablesNamed(kept.Table));

        var dropped = await api.CreateModelAsync(name: "dropped");
        await api.Client.DeleteModelAsync("dropped", dropData: true, CancellationToken.None);
        Assert.Equal("0\n", await TablesNamed(dropped.Table));

        Task<string> TablesNamed(string table) => clickHouse.QueryAsync($"SELECT count() FROM system.tables WHERE name = '{table}'");
    }
}
