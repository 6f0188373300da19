namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>Those of ClickHouse's error codes that this process raises itself.</summary>
internal static class ErrorCode
{
    internal const int BadArguments = 36;
    internal const int NotImplemented = 48;
    internal const int SyntaxError = 62;
    internal const int UnknownCompressionMethod = 89;
    internal const int UnknownSetting = 115;
    internal const int Readonly = 164;
    internal const int NotEnoughSpace = 243;
    internal const int UnknownException = 1002;
    internal const int AccessDenied = 497;
    internal const int AuthenticationFailed = 516;
}
