using Batch.Api;
using Batch.Api.Uploads;
using Microsoft.AspNetCore.Http;

namespace Batch.Tests.Api;

[Trait("Tier", "unit")]
public sealed class UploadSettingsTests
{
    [Theory]
    [InlineData(";", ';')]
    [InlineData("semicolon", ';')]
    [InlineData("tab", '\t')]
    [InlineData("\\t", '\t')]
    [InlineData("|", '|')]
    [InlineData("\\x01", '\u0001')]
    public void Delimiters_go_by_sign_or_by_name(string given, char expected)
    {
        var settings = new UploadSettings();
        settings.Set("delimiter", given);
        Assert.Equal((byte)expected, settings.Dialect!.DelimiterByte);
    }

    [Theory]
    [InlineData("max_errors", "-1")]
    [InlineData("max_errors", "many")]
    [InlineData("extra_columns", "yes")]
    [InlineData("label", "line\nbreak")]
    public void A_value_that_cannot_be_is_refused_by_name(string name, string value)
    {
        var refusal = Assert.Throws<RequestException>(() => new UploadSettings().Set(name, value));
        Assert.Equal((400, "INVALID_PARAMETER"), (refusal.Status, refusal.Code));
        Assert.StartsWith(name, refusal.Message);
    }

    [Fact]
    public void The_same_setting_twice_must_say_the_same()
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?label=a&model_id=1234");
        context.Request.Headers["Idempotency-Key"] = "a";
        var settings = UploadSettings.Of(context.Request);
        Assert.True(settings.Set("model_id", "1234"));

        Assert.Equal("CONFLICTING_PARAMETER", Assert.Throws<RequestException>(() => settings.Set("model_id", "5678")).Code);
        Assert.Equal("CONFLICTING_PARAMETER", Assert.Throws<RequestException>(() => settings.Set("label", "b")).Code);
    }

    [Theory]
    [InlineData(@"C:\data\day 1.csv", "day 1.csv")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("a\u0000b.csv", "ab.csv")]
    public void Of_a_file_name_only_its_last_part_is_kept(string given, string kept)
    {
        var settings = new UploadSettings();
        settings.Set("file_name", given);
        Assert.Equal(kept, settings.FileName);
    }

    [Fact]
    public void Fields_that_are_not_ours_are_left_alone() => Assert.False(new UploadSettings().Set("csrf_token", "x"));
}
