using System.Collections.Frozen;

namespace Batch.Core.ClickHouse;

public static partial class ClickHouseErrors
{
    /// <summary>Codes of faults that the request itself is to blame for: it fails the same way whenever it is sent.</summary>
    /// <remarks>
    /// A code is named here only if the state of the server cannot cause it. Not here, although they look alike: CANNOT_READ_ALL_DATA and
    /// ATTEMPT_TO_READ_AFTER_EOF (a request that was cut off, a damaged part), CORRUPTED_DATA and CHECKSUM_DOESNT_MATCH (the disk), LOGICAL_ERROR and
    /// STD_EXCEPTION (anything; a folder that cannot be written is one of them), UNKNOWN_SETTING and READONLY_SETTING (the profile of our user),
    /// TOO_MANY_ROWS and other limits of a profile or quota, which a person can raise.
    /// </remarks>
    internal static readonly FrozenDictionary<int, string> OwnFaults = new Dictionary<int, string>
    {
        // The bytes are not what their format says.
        [6] = "CANNOT_PARSE_TEXT",
        [25] = "CANNOT_PARSE_ESCAPE_SEQUENCE",
        [26] = "CANNOT_PARSE_QUOTED_STRING",
        [27] = "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
        [38] = "CANNOT_PARSE_DATE",
        [41] = "CANNOT_PARSE_DATETIME",
        [72] = "CANNOT_PARSE_NUMBER",
        [117] = "INCORRECT_DATA",
        [130] = "CANNOT_READ_ARRAY_FROM_TEXT",
        [376] = "CANNOT_PARSE_UUID",
        [467] = "CANNOT_PARSE_BOOL",
        [632] = "UNEXPECTED_DATA_AFTER_PARSED_VALUE",
        // The block does not fit the table.
        [7] = "INCORRECT_NUMBER_OF_COLUMNS",
        [8] = "THERE_IS_NO_COLUMN",
        [9] = "SIZES_OF_COLUMNS_DOESNT_MATCH",
        [10] = "NOT_FOUND_COLUMN_IN_BLOCK",
        [15] = "DUPLICATE_COLUMN",
        [16] = "NO_SUCH_COLUMN_IN_TABLE",
        [20] = "NUMBER_OF_COLUMNS_DOESNT_MATCH",
        [44] = "ILLEGAL_COLUMN",
        [53] = "TYPE_MISMATCH",
        [70] = "CANNOT_CONVERT_TYPE",
        // A value does not fit its column, or a constraint or view that somebody has put on the table refuses it.
        [69] = "ARGUMENT_OUT_OF_BOUND",
        [128] = "TOO_LARGE_ARRAY_SIZE",
        [131] = "TOO_LARGE_STRING_SIZE",
        [321] = "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
        [349] = "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
        [395] = "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO",
        [407] = "DECIMAL_OVERFLOW",
        [469] = "VIOLATED_CONSTRAINT",
        [565] = "TOO_MANY_PARTITIONS", // of one insert; a person has partitioned the table
        [691] = "UNKNOWN_ELEMENT_OF_ENUM",
        // The statement cannot be understood, or asks for what this server does not have.
        [34] = "TOO_MANY_ARGUMENTS_FOR_FUNCTION",
        [35] = "TOO_FEW_ARGUMENTS_FOR_FUNCTION",
        [36] = "BAD_ARGUMENTS",
        [42] = "NUMBER_OF_ARGUMENTS_DOESNT_MATCH",
        [43] = "ILLEGAL_TYPE_OF_ARGUMENT",
        [46] = "UNKNOWN_FUNCTION",
        [47] = "UNKNOWN_IDENTIFIER",
        [48] = "NOT_IMPLEMENTED",
        [50] = "UNKNOWN_TYPE",
        [57] = "TABLE_ALREADY_EXISTS",
        [62] = "SYNTAX_ERROR",
        [63] = "UNKNOWN_AGGREGATE_FUNCTION",
        [73] = "UNKNOWN_FORMAT",
        [80] = "INCORRECT_QUERY",
        [184] = "ILLEGAL_AGGREGATION",
        [215] = "NOT_AN_AGGREGATE",
        [229] = "QUERY_IS_TOO_LARGE",
        [306] = "TOO_DEEP_RECURSION",
        [344] = "SUPPORT_IS_DISABLED",
        [386] = "NO_COMMON_TYPE",
        [456] = "UNKNOWN_QUERY_PARAMETER",
        [457] = "BAD_QUERY_PARAMETER",
        // The definition of a table is refused.
        [119] = "ENGINE_REQUIRED",
        [161] = "TOO_MANY_COLUMNS",
        [370] = "DATA_TYPE_CANNOT_BE_USED_IN_TABLES",
        [377] = "ILLEGAL_SYNTAX_FOR_DATA_TYPE",
        [378] = "DATA_TYPE_CANNOT_HAVE_ARGUMENTS",
        [455] = "SUSPICIOUS_TYPE_FOR_LOW_CARDINALITY",
        [524] = "ALTER_OF_COLUMN_IS_FORBIDDEN",
        [549] = "DATA_TYPE_CANNOT_BE_USED_IN_KEY",
        [703] = "INVALID_IDENTIFIER",
    }.ToFrozenDictionary();
}
