using System.Text;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.ClickHouse;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ClickHouseMigrationsTests(ClickHouseProcess process)
{
    [Fact]
    public async Task Several_processes_may_start_at_once_and_again()
    {
        var options = new ClickHouseOptions { Url = process.Url, Database = "test_" + Guid.NewGuid().ToString("N") };
        var clients = Enumerable.Range(0, 4).Select(_ => ClickHouseClient.Create(options)).ToList();
        await Task.WhenAll(clients.Select(client => new ClickHouseMigrations(client).ApplyAsync(ClickHouseScope.Soon)));
        await new ClickHouseMigrations(clients[0]).ApplyAsync(ClickHouseScope.Soon);
        var tables =
            await process.QueryAsync($"SELECT arrayStringConcat(arraySort(groupArray(name)), ' ') FROM system.tables WHERE database = '{options.Database}'");
        Assert.Equal("chunks dead_letters job_events jobs models probes rejected_rows schema_version\n", tables);
        await process.QueryAsync($"DROP DATABASE {options.Database}");
    }

    [Fact]
    public async Task Jobs_of_the_first_layout_are_the_same_jobs_afterwards()
    {
        await using var scope = await ClickHouseScope.CreateAsync(process);
        await scope.ExecuteAsync("DROP VIEW jobs");
        await scope.ExecuteAsync("TRUNCATE TABLE schema_version");
        await scope.ExecuteAsync("INSERT INTO schema_version (layout) SELECT 1");
        await scope.ExecuteAsync(FirstLayoutOfJobs);
        JobKey Key(int n) => new(ClickHouseScope.Tenant, new string((char)('0' + n), BatchId.Length));
        async Task HappenedAsync(int n, string facts, string values) => await scope.ExecuteAsync(
            $"INSERT INTO jobs (tenant_id, job_id, {facts}) SELECT '{Key(n).TenantId}', '{Key(n).JobId}', {values}");
        for (var n = 1; n <= 4; n++)
            await HappenedAsync(n,
                "created_at, updated_at, heartbeat_at, creator, model_id, model_name, model_version, file_name, label, header_line, delimiter, max_errors",
                $"'2026-01-01 00:00:0{n}', '2026-01-01 00:00:0{n}', '2026-01-01 00:00:0{n}', 'me', 'm', 'purchases', 3, 'a \"quoted\".csv', {(n == 1 ? "'l'" : "NULL")}, 'YSxi', 59, {(n == 1 ? "9" : "NULL")}");
        // 1 ended and settled, 2 broke off, 3 was cancelled, 4 is under way.
        await HappenedAsync(1, "updated_at, upload_ended_at, total_rows, total_chunks", "'2026-01-01 00:01:00', '2026-01-01 00:01:00', 10, 1");
        await HappenedAsync(1, "settled_at, final_state, final_receipts, final_rows, final_success, final_errors",
            "'2026-01-01 00:02:00', 'PARTIAL_SUCCESS', 1, 10, 8, 2");
        await HappenedAsync(2, "updated_at, upload_ended_at, total_rows, total_chunks, upload_failure_code, upload_failure",
            "'2026-01-01 00:01:00', '2026-01-01 00:01:00', 10, 1, 'LOG_FULL', 'No room.'");
        await HappenedAsync(3, "updated_at, stop_at, stop_id, stop_state", "'2026-01-01 00:01:00', '2026-01-01 00:01:00', 's', 'CANCELLED'");
        await HappenedAsync(3, "stop_verdict", "'confirmed'");
        await HappenedAsync(4, "updated_at, heartbeat_at, upload_rows, upload_chunks, started_at",
            "'2026-01-01 00:01:00', '2026-01-01 00:01:00', 7, 1, '2026-01-01 00:00:30'");

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => new ClickHouseMigrations(scope.Client).ApplyAsync(ClickHouseScope.Soon)));

        var first = (await scope.Jobs.FindAsync(Key(1).TenantId, Key(1).JobId, ClickHouseScope.Soon))!;
        Assert.Equal((JobState.PartialSuccess, 10L, 8L, 2L, true), (first.State, first.Total, first.Success, first.Errors, first.IsSettled));
        Assert.Equal(("m", "purchases", 3, "a \"quoted\".csv", "l", (byte)59, 9L, "a,b"),
            (first.ModelId, first.ModelName, first.ModelVersion, first.FileName, first.Label, first.Delimiter,
                first.MaxErrors, Encoding.UTF8.GetString(first.HeaderLine)));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 1, TimeSpan.Zero), first.CreatedAt);
        var second = (await scope.Jobs.FindAsync(Key(2).TenantId, Key(2).JobId, ClickHouseScope.Soon))!;
        Assert.Equal((JobState.Failed, "LOG_FULL", "No room.", 10L), (second.State, second.FailureCode, second.Failure, second.Total));
        Assert.Equal(JobState.Cancelled, (await scope.Jobs.FindAsync(Key(3).TenantId, Key(3).JobId, ClickHouseScope.Soon))!.State);
        var fourth = (await scope.Jobs.FindAsync(Key(4).TenantId, Key(4).JobId, ClickHouseScope.Soon))!;
        Assert.Equal((JobState.Running, 7L), (fourth.State, fourth.Total));
        Assert.Equal("4", await scope.ScalarAsync("SELECT count() FROM jobs"));
        Assert.Equal("4", await scope.ScalarAsync("SELECT uniqExact(job_id) FROM jobs_of_layout_1"));
        Assert.Equal("5", await scope.ScalarAsync("SELECT max(layout) FROM schema_version"));
    }

    const string FirstLayoutOfJobs = """
        CREATE TABLE jobs
        (
            tenant_id LowCardinality(String),
            job_id String,
            created_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
            updated_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
            changed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) DEFAULT now64(3),
            creator SimpleAggregateFunction(max, String),
            model_id SimpleAggregateFunction(max, String),
            model_name SimpleAggregateFunction(max, String),
            model_version SimpleAggregateFunction(max, UInt32),
            file_name SimpleAggregateFunction(max, Nullable(String)),
            label SimpleAggregateFunction(max, Nullable(String)),
            source_job_id SimpleAggregateFunction(max, Nullable(String)),
            header_line SimpleAggregateFunction(max, String),
            delimiter SimpleAggregateFunction(max, UInt8),
            max_errors SimpleAggregateFunction(max, Nullable(Int64)),
            heartbeat_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
            upload_rows SimpleAggregateFunction(max, Int64),
            upload_chunks SimpleAggregateFunction(max, Int64),
            upload_ended_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
            total_rows SimpleAggregateFunction(max, Nullable(Int64)),
            total_chunks SimpleAggregateFunction(max, Nullable(Int64)),
            header_fault SimpleAggregateFunction(max, UInt8),
            upload_failure_code SimpleAggregateFunction(max, Nullable(String)),
            upload_failure SimpleAggregateFunction(max, Nullable(String)),
            started_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
            stop_id SimpleAggregateFunction(max, Nullable(String)),
            stop_state SimpleAggregateFunction(max, Nullable(String)),
            stop_code SimpleAggregateFunction(max, Nullable(String)),
            stop_message SimpleAggregateFunction(max, Nullable(String)),
            stop_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
            stop_verdict SimpleAggregateFunction(max, Nullable(String)),
            settled_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
            final_state SimpleAggregateFunction(max, Nullable(String)),
            final_failure_code SimpleAggregateFunction(max, Nullable(String)),
            final_failure SimpleAggregateFunction(max, Nullable(String)),
            final_receipts SimpleAggregateFunction(max, Int64),
            final_rows SimpleAggregateFunction(max, Int64),
            final_success SimpleAggregateFunction(max, Int64),
            final_errors SimpleAggregateFunction(max, Int64),
            final_started_ms SimpleAggregateFunction(max, Nullable(Int64)),
            final_finished_ms SimpleAggregateFunction(max, Nullable(Int64))
        )
        ENGINE = AggregatingMergeTree ORDER BY (tenant_id, job_id)
        """;

    [Fact]
    public async Task Receipts_of_the_fourth_layout_are_events_afterwards_however_often_and_by_whomever_they_are_copied()
    {
        await using var scope = await ClickHouseScope.CreateAsync(process);
        await scope.ExecuteAsync("TRUNCATE TABLE schema_version");
        await scope.ExecuteAsync("INSERT INTO schema_version (layout) SELECT 4");
        await scope.ExecuteAsync("DROP TABLE job_events SYNC");
        await scope.ExecuteAsync(FourthLayoutOfEvents);
        await scope.ExecuteAsync(FourthLayoutOfReceipts);
        JobKey Key(int n) => new(ClickHouseScope.Tenant, new string((char)('0' + n), BatchId.Length));
        Task HappenedAsync(int n, string name, string at, string facts, string modelId = "") => scope.ExecuteAsync(
            $"INSERT INTO job_events (tenant_id, job_id, event, at, model_id, facts) SELECT '{Key(n).TenantId}', '{Key(n).JobId}', '{name}', '{at}', '{modelId}', '{facts}'");
        Task ReceiptAsync(int n, int ordinal, int success, int errors, int attempt, uint checksum) => scope.ExecuteAsync(
            $"INSERT INTO receipts (tenant_id, job_id, ordinal, rows, success, errors, attempt, checksum, worker, started_at, finished_at) SELECT '{Key(n).TenantId}', '{Key(n).JobId}', {ordinal}, 10, {success}, {errors}, {attempt}, {checksum}, 'w', '2026-01-01 00:00:03', '2026-01-01 00:00:05'");

        // 1 is one chunk, loaded, which another worker had given up; 2 has three chunks, of which one came with a later attempt and one is there twice.
        await HappenedAsync(1, "loaded", "2026-01-01 00:00:00",
            """{"model_name":"purchases","model_version":3,"total_rows":10,"total_chunks":1,"loaded_success":9,"loaded_errors":1,"waited_ms":1500,"loaded_in_ms":500,"worker":"w"}""", "m");
        await ReceiptAsync(1, 0, 0, 0, 0, 0);
        await HappenedAsync(2, "created", "2026-01-01 00:00:01", """{"model_name":"purchases","model_version":3,"label":"l"}""", "m");
        await ReceiptAsync(2, 0, 10, 0, 0, 7);
        await ReceiptAsync(2, 0, 10, 0, 0, 7);
        await ReceiptAsync(2, 1, 0, 0, 0, 0);
        await HappenedAsync(2, "resumed#1", "2026-01-01 00:00:04", """{"attempt":1}""");
        await ReceiptAsync(2, 1, 8, 2, 1, 8);
        await ReceiptAsync(2, 2, 10, 0, 1, 9);
        await HappenedAsync(2, "ended#1", "2026-01-01 00:00:06", """{"attempt":1,"total_rows":30,"total_chunks":3}""");

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => new ClickHouseMigrations(scope.Client).ApplyAsync(ClickHouseScope.Soon)));
        await LooksRightAsync();
        // Killed when it had copied all, and before it could say so; then again, before it took the old table away.
        await scope.ExecuteAsync("TRUNCATE TABLE schema_version");
        await scope.ExecuteAsync("INSERT INTO schema_version (layout) SELECT 4");
        await new ClickHouseMigrations(scope.Client).ApplyAsync(ClickHouseScope.Soon);
        await LooksRightAsync();
        await scope.ExecuteAsync("TRUNCATE TABLE schema_version");
        await scope.ExecuteAsync("INSERT INTO schema_version (layout) SELECT 4");
        await scope.ExecuteAsync("RENAME TABLE receipts_of_layout_4 TO receipts");
        await new ClickHouseMigrations(scope.Client).ApplyAsync(ClickHouseScope.Soon);
        await LooksRightAsync();
        await scope.ExecuteAsync("OPTIMIZE TABLE job_events FINAL");
        await LooksRightAsync();
        Assert.Equal("receipts_of_layout_4",
            await scope.ScalarAsync("SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'receipts')"));

        async Task LooksRightAsync()
        {
            await using var other = scope.OtherProcess();
            var first = (await other.Jobs.FindAsync(Key(1).TenantId, Key(1).JobId, ClickHouseScope.Soon))!;
            Assert.Equal(
                (JobState.PartialSuccess, 10L, 9L, 1L, "m", "purchases", 3),
                (first.State, first.Total, first.Success, first.Errors, first.ModelId, first.ModelName, first.ModelVersion));
            Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), first.CreatedAt);
            Assert.Equal((1500L, 500L), first.ToStatus(first.ReadAt) is var status ? (status.WaitingMs, status.ProcessingMs) : default);
            var second = (await other.Jobs.FindAsync(Key(2).TenantId, Key(2).JobId, ClickHouseScope.Soon))!;
            Assert.Equal((JobState.PartialSuccess, 30L, 28L, 2L, 3L, "l"),
                (second.State, second.Total, second.Success, second.Errors, second.Receipts, second.Label));
            var loaded = await other.Jobs.LoadedChunksAsync(Key(2), ClickHouseScope.Soon);
            Assert.Equal((3, 30L, true), (loaded.Count, loaded.Rows, loaded.AreComparable));
            Assert.Equal(
                [Key(2).JobId, Key(1).JobId], (await other.Jobs.ListAsync(ClickHouseScope.Tenant, new(), ClickHouseScope.Soon)).Jobs.Select(job => job.JobId));
            Assert.Equal("4", await scope.ScalarAsync("SELECT count() FROM chunks"));
            Assert.Equal("2",
                await scope.ScalarAsync("SELECT count() FROM jobs WHERE model_name = 'purchases' AND started_at IS NOT NULL AND upload_ended_at IS NOT NULL"));
        }
    }

    const string FourthLayoutOfEvents = """
        CREATE TABLE job_events
        (
            tenant_id LowCardinality(String),
            job_id String,
            event LowCardinality(String),
            ago_ms Int64 EPHEMERAL 0,
            at DateTime64(3, 'UTC') DEFAULT now64(3) - toIntervalMillisecond(ago_ms),
            model_id String,
            final_state LowCardinality(String),
            header_line String,
            facts String,
            source_job_id String DEFAULT JSONExtractString(facts, 'source_job_id'),
            rank Int64 MATERIALIZED if(event = 'progress', 1, -1) * toUnixTimestamp64Milli(at),
            INDEX at at TYPE minmax GRANULARITY 1,
            INDEX source_job_id source_job_id TYPE bloom_filter GRANULARITY 1
        )
        ENGINE = ReplacingMergeTree(rank) ORDER BY (tenant_id, job_id, event)
        SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 24, non_replicated_deduplication_window = 10000
        """;

    const string FourthLayoutOfReceipts = """
        CREATE TABLE receipts
        (
            tenant_id LowCardinality(String),
            job_id String,
            ordinal UInt32,
            duration_ms Int64 EPHEMERAL 0,
            rows SimpleAggregateFunction(max, Int64),
            success SimpleAggregateFunction(max, Int64),
            errors SimpleAggregateFunction(max, Int64),
            attempt SimpleAggregateFunction(max, UInt32) DEFAULT 0,
            checksum SimpleAggregateFunction(max, UInt32) DEFAULT 0,
            worker SimpleAggregateFunction(max, String),
            started_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) DEFAULT now64(3) - toIntervalMillisecond(duration_ms),
            finished_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) DEFAULT now64(3)
        )
        ENGINE = AggregatingMergeTree ORDER BY (tenant_id, job_id, ordinal)
        SETTINGS index_granularity = 256, min_parts_to_merge_at_once = 10, non_replicated_deduplication_window = 10000
        """;

    [Fact]
    public async Task Newer_layout_is_left_alone()
    {
        await using var scope = await ClickHouseScope.CreateAsync(process);
        await scope.ExecuteAsync("INSERT INTO schema_version (layout) SELECT 99");
        var fault = await Assert.ThrowsAsync<NewerLayoutException>(() => new ClickHouseMigrations(scope.Client).ApplyAsync(ClickHouseScope.Soon));
        Assert.Contains("layout 99", fault.Message, StringComparison.Ordinal);
    }
}
