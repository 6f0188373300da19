using System.Net;
using System.Text;
using Batch.Core.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.ClickHouse;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ClickHouseErrorsTests(ClickHouseProcess process) : IClassFixture<ClickHouseProcess>
{
    [Fact]
    public async Task Every_code_that_is_named_has_that_name_in_the_running_engine()
    {
        var named = ClickHouseErrors.OwnFaults.OrderBy(fault => fault.Key).Select(fault => $"{fault.Key} {fault.Value}").ToList();
        var codes = string.Join(", ", ClickHouseErrors.OwnFaults.Keys.Order());
        var known = await process.QueryAsync($"SELECT concat(toString(code), ' ', errorCodeToName(code)) FROM (SELECT arrayJoin([{codes}]) AS code) ORDER BY code");
        Assert.Equal(named, known.Trim().Split('\n'));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)] // CANNOT_READ_ALL_DATA
    [InlineData(49)] // LOGICAL_ERROR
    [InlineData(60)] // UNKNOWN_TABLE
    [InlineData(76)] // CANNOT_OPEN_FILE: among others too many
    [InlineData(81)] // UNKNOWN_DATABASE
    [InlineData(115)] // UNKNOWN_SETTING
    [InlineData(159)]
    [InlineData(164)]
    [InlineData(202)]
    [InlineData(209)]
    [InlineData(210)]
    [InlineData(241)]
    [InlineData(242)]
    [InlineData(243)]
    [InlineData(246)] // CORRUPTED_DATA
    [InlineData(252)]
    [InlineData(319)]
    [InlineData(516)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1002)]
    [InlineData(123456)]
    public void Fault_of_time_or_place_is_transient(int code) => Assert.True(ClickHouseErrors.IsTransient(code));

    [Theory]
    [InlineData(16)]
    [InlineData(44)]
    [InlineData(53)]
    [InlineData(62)]
    [InlineData(117)]
    public void Fault_of_the_request_is_not(int code) => Assert.False(ClickHouseErrors.IsTransient(code));

    // {"n":1}\n and then what ClickHouse appends when a query fails after its status has been sent.
    const string Framed =
        "{\"n\":1}\n\r\n__exception__\r\nabcdefghijklmnop\r\nCode: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 25.11.1.1)\n107 abcdefghijklmnop\r\n__exception__\r\n";
    const string Bare = "{\"n\":1}\nCode: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 23.8.1.1 (official build))\n";

    [Theory]
    [InlineData(Framed, "abcdefghijklmnop")]
    [InlineData(Bare, null)]
    public async Task Exception_at_the_end_of_a_body_is_thrown(string body, string? tag)
    {
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => ReadAsync(body, tag));
        Assert.Equal(241, fault.ErrorCode);
        Assert.True(fault.IsTransient);
        Assert.Equal("Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)", fault.Message);
    }

    [Theory]
    [InlineData("{\"message\":\"Code: 241. DB::Exception: not one (version 1)\"}\n", null)]
    [InlineData("{\"message\":\"__exception__ abcdefghijklmnop\"}\n", "abcdefghijklmnop")]
    [InlineData("", null)]
    public async Task Row_that_speaks_of_an_exception_is_a_row(string body, string? tag) => Assert.Equal(body, await ReadAsync(body, tag));

    [Fact]
    public async Task Broken_connection_is_a_transient_fault_and_never_an_end()
    {
        using var stream = new ClickHouseResponseStream(new BreakingStream(), "tag", TimeSpan.FromSeconds(5));
        using var reader = new StreamReader(stream);
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => reader.ReadToEndAsync(ClickHouseScope.Soon));
        Assert.True(fault.IsTransient);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadGateway, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(HttpStatusCode.Forbidden, true)]
    [InlineData(HttpStatusCode.NotFound, true)]
    [InlineData(HttpStatusCode.BadRequest, false)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, false)]
    public void Answer_that_is_not_ClickHouses_is_judged_by_its_status(HttpStatusCode status, bool isTransient) =>
        Assert.Equal(isTransient, ClickHouseErrors.Of((int)status, null, "<html>nginx</html>").IsTransient);

    static async Task<string> ReadAsync(string body, string? tag)
    {
        using var stream = new ClickHouseResponseStream(new MemoryStream(Encoding.UTF8.GetBytes(body)), tag, TimeSpan.FromSeconds(5));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(ClickHouseScope.Soon);
    }

    sealed class BreakingStream : MemoryStream
    {
        bool _hasRead;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasRead)
                throw new IOException("The response ended prematurely.");
            _hasRead = true;
            "{\"n\":1}\n"u8.CopyTo(buffer.Span);
            return new(8);
        }
    }
}
