using System.Text.Json;
using Batch.Cli;
using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary>A model is deleted by somebody who was asked, or who said that they need not be.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ModelDeleteTests
{
    const string Id = "456a7890b1cd23ef4567890123456789";

    static async Task<StubApi> ApiAsync()
    {
        var model = JsonSerializer.Serialize(new Model
        {
            ModelId = Id, TenantId = "tenant_a", Name = "purchases", Version = 1, Schema = JsonElement.Parse("{}"), Columns = [], Table = $"data_{Id}",
            CreatedAt = DateTimeOffset.UnixEpoch,
        }, BatchJson.Default.Model);
        var api = await StubApi.StartAsync();
        foreach (var name in new[] { "purchases", Id, "456a", "456a7", "456a78", "456a-7" })
            api.On($"GET /models/{name}", 200, model);
        return api.OnList(Samples.Jobs[0], Samples.Jobs[2]).On($"DELETE /models/{Id}", 200, """{"status":"deleted"}""");
    }

    static bool Deleted(StubApi api) => api.Requests.Any(request => request.StartsWith("DELETE", StringComparison.Ordinal));

    [Theory]
    [InlineData("y\n", "", true)]
    [InlineData("YES\n", "", true)]
    [InlineData("\n", "", false)]
    [InlineData("n\n", "", false)]
    [InlineData("", "", false)]
    [InlineData("y\n", "--drop-data", true)]
    [InlineData("\n", "--drop-data", false)]
    public async Task At_a_terminal_it_asks_and_says_what_goes(string answer, string option, bool isDeleted)
    {
        await using var api = await ApiAsync();

        var run = await CliRun.RunAsync(api.World with { Interactive = true, Input = answer }, $"model delete purchases {option}");

        Assert.Equal(isDeleted ? ExitCodes.Success : ExitCodes.Failure, run.ExitCode);
        Assert.StartsWith($"Delete model 'purchases' (2 jobs of which 1 not over: they fail, 31,500 rows in data_{Id})"
            + (option.Length > 0 ? " and drop the table with all its rows? [y/N] " : "? The table is kept. [y/N] "), run.Error);
        Assert.Equal(isDeleted, Deleted(api));
        Assert.Contains($"GET /jobs?limit=1000&model={Id}", api.Requests);
        if (!isDeleted)
            Assert.Contains("Nothing was deleted.", run.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--drop-data")]
    public async Task Where_nobody_can_be_asked_it_needs_yes(string option)
    {
        await using var api = await ApiAsync();

        var refused = await CliRun.RunAsync(api.World, $"model delete purchases {option}");
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        Assert.Contains("confirm with --yes", refused.Error);
        Assert.False(Deleted(api));

        Assert.Equal(ExitCodes.Success, (await CliRun.RunAsync(api.World, $"model delete purchases {option} --yes")).ExitCode);
        Assert.Equal($"DELETE /models/{Id}{(option.Length > 0 ? "?drop_data=true" : "")}", api.Requests[^1]);
    }

    [Theory]
    [InlineData("456a", false)]
    [InlineData("456a7", false)]
    [InlineData("456a-7", false)]
    [InlineData("456a78", true)]
    [InlineData(Id, true)]
    public async Task A_few_digits_of_an_id_are_not_enough_also_with_yes(string text, bool isEnough)
    {
        await using var api = await ApiAsync();

        var run = await CliRun.RunAsync(api.World, $"model delete {text} --yes");

        Assert.Equal(isEnough ? ExitCodes.Success : ExitCodes.Usage, run.ExitCode);
        Assert.Equal(isEnough, Deleted(api));
        if (!isEnough)
            Assert.Contains($"Give 6 or more digits of the id, or the full name: it stands for 'purchases', {Id}.", run.Error);
    }

    [SkippableFact]
    public async Task On_a_real_terminal_it_waits_for_an_answer()
    {
        Skip.IfNot(BatchProcess.HasTerminal, "There is no /usr/bin/script (util-linux) to make a terminal with.");
        await using var api = await ApiAsync();

        var run = await BatchProcess.OnTerminalAsync(api.World, 200, "model delete purchases", interruptAfter: "[y/N]");

        Assert.NotEqual(ExitCodes.Success, run.ExitCode);
        Assert.False(Deleted(api));
    }
}
