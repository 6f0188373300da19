using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Native;

namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>Which statements are run, by what the engine's own parser says of them.</summary>
internal static class StatementPolicy
{
    const uint Reads = 0;
    const uint Controls = 3;

    /// <param name="CanStream">The result may be had in pieces.</param>
    /// <param name="ChangesConnection">The connection must not serve another request.</param>
    /// <param name="CanInterrupt">It may run for long and be given up when the client leaves.</param>
    internal readonly record struct Permit(bool CanStream = false, bool ChangesConnection = false, bool CanInterrupt = false);

    /// <exception cref="EngineException">Several statements, or one that would end or reconfigure the process.</exception>
    internal static Permit Check(SqlStatement statement, Chdb.QueryAnalysis analysis)
    {
        // The last line of defence: whatever slipped through as a second statement would be run.
        if (analysis.Statements > 1)
        {
            throw EngineException.Syntax("Syntax error (Multi-statements are not allowed): only one statement may be sent at a time.");
        }
        if (analysis.Class != Controls)
        {
            var isSelect = analysis.Class == Reads && statement.Verb is "SELECT" or "WITH" or "FROM" or "(";
            return new Permit(CanStream: isSelect, CanInterrupt: isSelect || statement.Verb == "INSERT");
        }
        return statement.Verb switch
        {
            "SET" or "USE" or "CREATE" => new Permit(ChangesConnection: true),
            // What of SYSTEM may be done, the privileges decide: merges, flushing, caches, but not SHUTDOWN.
            "KILL" or "SYSTEM" => new Permit(),
            _ => throw EngineException.AccessDenied($"{statement.Verb} statements that control the server are not allowed here."),
        };
    }
}
