using System.Text.Json;

namespace Batch.Csv.Cutting;

/// <summary>Tells a JSON file from its beginning: an object or an array on the first line, or over many.</summary>
static class JsonSniffer
{
    /// <summary>Fewer say nothing: "[" may be the name of a column.</summary>
    const int FewTokens = 3;

    static readonly JsonReaderOptions Options = new() { MaxDepth = 1_000 };

    /// <param name="head">The file's first bytes, byte order mark included.</param>
    public static bool IsJson(ReadOnlySpan<byte> head)
    {
        var text = head[FileSniffer.Utf8MarkLength(head)..].TrimStart(" \t\r\n"u8);
        if (text.IsEmpty || text[0] is not ((byte)'{' or (byte)'['))
            return false;
        var reader = new Utf8JsonReader(text, isFinalBlock: false, new JsonReaderState(Options));
        var tokens = 0;
        try
        {
            while (reader.Read())
            {
                tokens++;
                // "[id],name" is no JSON, and "[1],name" is one only up to the comma.
                if (reader.CurrentDepth == 0 && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                    return EndsLine(text[(int)reader.BytesConsumed..]);
            }
        }
        catch (JsonException)
        {
            return false;
        }
        return tokens >= FewTokens;
    }

    static bool EndsLine(ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        return rest.IsEmpty || rest[0] is (byte)'\r' or (byte)'\n';
    }
}
