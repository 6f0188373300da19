using System.Globalization;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>The engine, or this process in its place, refused: <c>Code: N. DB::Exception: …</c>.</summary>
internal sealed class EngineException(int code, string message) : Exception(message)
{
    const string CodePrefix = "Code: ";

    /// <summary>ClickHouse's error code; 1002 UNKNOWN_EXCEPTION where the text holds none.</summary>
    internal int Code { get; } = code;

    /// <summary>From the engine's own text, for example <c>Code: 60. DB::Exception: Unknown table 't'. (UNKNOWN_TABLE)</c>.</summary>
    internal static EngineException FromText(string text)
    {
        var code = ErrorCode.UnknownException;
        if (text.StartsWith(CodePrefix, StringComparison.Ordinal))
        {
            var digits = text.AsSpan(CodePrefix.Length);
            var end = digits.IndexOfAnyExceptInRange('0', '9');
            if (end > 0 && int.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
            {
                code = parsed;
            }
            return new EngineException(code, text.Trim());
        }
        return new EngineException(code, $"Code: {code}. DB::Exception: {text.Trim()}");
    }

    /// <summary>Raised by this process: the same shape as the engine's.</summary>
    internal static EngineException Of(int code, string name, string message) =>
        new(code, $"Code: {code}. DB::Exception: {message} ({name})");

    internal static EngineException Syntax(string message) => Of(ErrorCode.SyntaxError, "SYNTAX_ERROR", message);

    internal static EngineException NotImplemented(string message) => Of(ErrorCode.NotImplemented, "NOT_IMPLEMENTED", message);

    internal static EngineException AccessDenied(string message) => Of(ErrorCode.AccessDenied, "ACCESS_DENIED", message);
}
