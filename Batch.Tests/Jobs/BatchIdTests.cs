using Batch.Core.Ids;
using Batch.Core.Jobs;

namespace Batch.Tests.Jobs;

[Trait("Tier", "unit")]
public sealed class BatchIdTests
{
    [Fact]
    public void New_id_is_32_lowercase_hex_digits() => Assert.Matches("^[0-9a-f]{32}$", BatchId.New());

    [Theory]
    [InlineData("a1b2", "a1b2")]
    [InlineData("A1B2c3", "a1b2c3")]
    [InlineData("456a7890-b1cd-23ef-4512-67890abcdef0", "456a7890b1cd23ef451267890abcdef0")]
    [InlineData("456a-", "456a")]
    public void Dashes_and_capitals_do_not_matter(string text, string expected)
    {
        Assert.True(BatchId.TryNormalize(text, out var id));
        Assert.Equal(expected, id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a1b")]
    [InlineData("----")]
    [InlineData("a1b2g")]
    [InlineData("a1b2 ")]
    [InlineData("456a7890b1cd23ef451267890abcdef01")]
    [InlineData("١٢٣٤")]
    public void Anything_else_is_no_id(string text) => Assert.False(BatchId.TryNormalize(text, out _));

    [Fact]
    public void Label_gives_the_same_id_everywhere_and_tenants_do_not_meet()
    {
        // Stored in tables and logs: it must never change.
        Assert.Equal("34077ba09859d48d", JobIds.OfLabel("tenant_a", "order-1")[..16]);
        Assert.NotEqual(JobIds.OfLabel("a", "b\0c"), JobIds.OfLabel("a\0b", "d"));
        Assert.NotEqual(JobIds.OfLabel("a", "x"), JobIds.OfLabel("b", "x"));
    }
}
