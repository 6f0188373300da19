namespace Batch.Core.ClickHouse;

/// <summary>ClickHouse said no, or could not be reached.</summary>
/// <param name="errorCode">ClickHouse's own code, for example 60 UNKNOWN_TABLE; 0 where there was no answer.</param>
/// <param name="isTransient">The same request may succeed later: the one place that decides is <c>ClickHouseErrors</c>.</param>
public sealed class ClickHouseException(int errorCode, string message, bool isTransient, Exception? inner = null) : Exception(message, inner)
{
    public int ErrorCode { get; } = errorCode;
    public bool IsTransient { get; } = isTransient;
}
