using System.Text.Json;
using Batch.Csv.Schema;

namespace Batch.Tests.Schema;

/// <summary>Short forms for the tests of this folder.</summary>
static class Schemas
{
    public static ModelSchema Parse(string json, string[]? orderBy = null, string? extraColumns = null) =>
        SchemaParser.Parse(Json(json), orderBy, extraColumns);

    public static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    public static Column Only(string json) => Parse(json).Columns.Single();

    public static SchemaException Refused(string json, string[]? orderBy = null, string? extraColumns = null) =>
        Assert.Throws<SchemaException>(() => Parse(json, orderBy, extraColumns));

    /// <summary>The code is that one, and the message says each of these.</summary>
    public static void RefusedWith(string json, string code, params string[] says)
    {
        var refusal = Refused(json);
        Assert.Equal(code, refusal.Code);
        foreach (var part in says)
            Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }
}
