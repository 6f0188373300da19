using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Client;

/// <summary>Times as the user guide writes them, UTC with milliseconds: <c>2023-03-15T12:00:00.000Z</c>. Reads any ISO 8601.</summary>
public sealed class MillisecondTimestampConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[24];
        value.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
