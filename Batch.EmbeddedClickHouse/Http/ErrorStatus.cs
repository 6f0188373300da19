namespace Batch.EmbeddedClickHouse.Http;

/// <summary>ClickHouse's HTTP status for each of its error codes.</summary>
internal static class ErrorStatus
{
    internal static int Of(int errorCode) => errorCode switch
    {
        // BAD_ARGUMENTS, SYNTAX_ERROR, CANNOT_PARSE_…, and what else is wrong with a statement or its data
        6 or 8 or 15 or 25 or 26 or 27 or 36 or 37 or 38 or 41 or 44 or 53 or 62 or 72 or 117 or 123 or 167 or 168 or 223 or 321
            or 376 or 427 or 441 or 675 or 676 => StatusCodes.Status400BadRequest,
        // REQUIRED_PASSWORD
        194 => StatusCodes.Status401Unauthorized,
        // UNKNOWN_USER, WRONG_PASSWORD, ACCESS_DENIED, SET_NON_GRANTED_ROLE, AUTHENTICATION_FAILED
        192 or 193 or 497 or 512 or 516 => StatusCodes.Status403Forbidden,
        // UNKNOWN_TABLE, UNKNOWN_DATABASE, UNKNOWN_IDENTIFIER, UNKNOWN_SETTING …
        46 or 47 or 50 or 56 or 60 or 63 or 73 or 78 or 81 or 115 or 152 or 336 or 511 => StatusCodes.Status404NotFound,
        // TIMEOUT_EXCEEDED
        159 => StatusCodes.Status408RequestTimeout,
        // HTTP_LENGTH_REQUIRED
        381 => StatusCodes.Status411LengthRequired,
        // QUERY_IS_TOO_LARGE
        229 => StatusCodes.Status413PayloadTooLarge,
        // UNSUPPORTED_MEDIA_TYPE
        779 => StatusCodes.Status415UnsupportedMediaType,
        // NOT_IMPLEMENTED
        48 => StatusCodes.Status501NotImplemented,
        // CANNOT_OPEN_FILE, SOCKET_TIMEOUT, CANNOT_SCHEDULE_TASK
        76 or 209 or 439 => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
