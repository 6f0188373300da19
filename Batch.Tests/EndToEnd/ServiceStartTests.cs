using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Batch.ServiceDefaults.Hosting;
using Batch.Tests.Deployment;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EndToEnd;

/// <summary>A process that cannot be started says why in one sentence.</summary>
[Trait("Tier", "system")]
[Collection(OneAtATime.Name)]
public sealed class ServiceStartTests
{
    [Theory]
    [InlineData("Batch.Worker.dll")]
    [InlineData("Batch.Api.dll")]
    public async Task A_port_that_is_taken_is_one_sentence_and_exit_code_1(string assembly)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var (code, output, error) = await RunAsync(assembly, "--urls", address);

        Assert.Equal(1, code);
        Assert.Equal(
            $"Failed to bind to address {address}: address already in use. Stop the process that uses it, or choose another port with --urls.\n", error);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_is_out_of_range_is_one_sentence_and_exit_code_1()
    {
        var (code, output, error) = await RunAsync("Batch.Worker.dll", "--urls", "http://127.0.0.1:0", "--Kafka:QueueBytes", "5");

        Assert.Equal(1, code);
        Assert.Contains("QueueBytes", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Batch.Worker.dll")]
    [InlineData("Batch.Api.dll")]
    public async Task A_connection_string_that_is_not_understood_is_one_sentence_without_its_password_and_exit_code_1(string assembly)
    {
        var (code, output, error) = await RunAsync(
            assembly, "--urls", "http://127.0.0.1:0", "--ConnectionStrings:clickhouse", "Host=h;Password=hidden;Databse=d");

        Assert.Equal(1, code);
        Assert.StartsWith("ConnectionStrings:clickhouse ", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_is_no_number_is_one_sentence_and_exit_code_1()
    {
        var (code, output, error) = await RunAsync("Batch.Worker.dll", "--urls", "http://127.0.0.1:0", "--Worker:Members", "many");

        Assert.Equal(1, code);
        Assert.Contains("Worker:Members", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Batch.Worker.dll")]
    [InlineData("Batch.Api.dll")]
    public async Task A_newer_layout_is_one_sentence_and_exit_code_1(string assembly)
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        await clickHouse.QueryAsync("CREATE TABLE schema_version (layout UInt32, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY layout");
        await clickHouse.QueryAsync("INSERT INTO schema_version (layout) SELECT 99");

        var (code, _, error) = await RunAsync(assembly, "--urls", "http://127.0.0.1:0", "--ConnectionStrings:clickhouse", clickHouse.Url);

        Assert.Equal(1, code);
        Assert.Contains("layout 99", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_background_service_that_fails_ends_the_process_with_exit_code_70()
    {
        var code = await ServiceProgram.RunAsync(() =>
        {
            var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            builder.Services.AddHostedService<Failing>();
            return builder.Build();
        });
        Assert.Equal(70, code);
    }

    sealed class Failing : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(100, stoppingToken);
            throw new InvalidTimeZoneException("nobody foresaw this");
        }
    }

    static Task<(int ExitCode, string Output, string Errors)> RunAsync(string assembly, params string[] arguments) => Tool.RunAsync(
        new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            // Nothing listens there: it starts without.
            Environment = { ["KAFKA_BOOTSTRAP"] = "127.0.0.1:1", ["ConnectionStrings__clickhouse"] = "http://127.0.0.1:1" },
        }, TimeSpan.FromSeconds(60));
}
