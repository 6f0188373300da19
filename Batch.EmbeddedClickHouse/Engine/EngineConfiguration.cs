using System.Xml.Linq;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>The engine's own configuration files, written afresh at every start.</summary>
internal static class EngineConfiguration
{
    // Everything a client of a database needs. Left out: users, named collections, backups, and what ends the process. The engine
    // itself checks, also what hides in a view.
    const string Privileges =
        "SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, CREATE FUNCTION, " +
        "DROP DATABASE, DROP TABLE, DROP VIEW, DROP FUNCTION, UNDROP TABLE, TRUNCATE, OPTIMIZE, CHECK, KILL QUERY, dictGet, " +
        "SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM FLUSH, SYSTEM SYNC REPLICA, SYSTEM DROP CACHE, SYSTEM WAIT LOADING PARTS";

    // Files, URLs, buckets and other databases, as table functions, engines of tables and databases, or dictionaries.
    const string Outside = "SOURCES, CREATE DICTIONARY, DROP DICTIONARY";

    static readonly string[] InnerEngines =
    [
        "MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree",
        "VersionedCollapsingMergeTree", "CoalescingMergeTree", "GraphiteMergeTree", "Log", "TinyLog", "StripeLog", "Memory", "Null",
        "Set", "Join", "Buffer", "Merge", "View", "MaterializedView", "WindowView", "GenerateRandom", "Atomic",
    ];

    /// <summary>Writes the files and returns the path of the one to be named with <c>--config-file</c>.</summary>
    /// <param name="keepFree">Bytes of the disk that merges and inserts leave free.</param>
    internal static string Write(ProcessOptions options, long keepFree)
    {
        var users = Path.Combine(options.Data, "users.xml");
        var config = Path.Combine(options.Data, "config.xml");
        new XElement("clickhouse",
            new XElement("profiles", new XElement("default",
                EngineDefaults.Settings.Select(setting => new XElement(setting.Key, setting.Value)))),
            new XElement("quotas", new XElement("default")),
            new XElement("users", new XElement("default",
                new XElement("password"),
                new XElement("networks", new XElement("ip", "::/0")),
                new XElement("profile", "default"),
                new XElement("quota", "default"),
                new XElement("grants", Grants(options.AllowFiles).Select(grant => new XElement("query", "GRANT " + grant))))))
            .SaveTo(users);
        new XElement("clickhouse",
            new XElement("users_config", users),
            new XElement("access_control_improvements", new XElement("table_engines_require_grant", "true")),
            new XElement("max_server_memory_usage", options.MaxMemory),
            new XElement("logger", new XElement("level", "none"), new XElement("console", "0")),
            new XElement("storage_configuration", new XElement("disks", new XElement("default",
                new XElement("keep_free_space_bytes", keepFree)))),
            new XElement("merge_tree",
                // Damaged parts are set aside, in "detached", however many a power cut has left. The engine starts without them.
                new XElement("max_suspicious_broken_parts", int.MaxValue),
                new XElement("max_suspicious_broken_parts_bytes", long.MaxValue),
                options.Fsync ? new XElement("fsync_after_insert", 1) : null,
                options.Fsync ? new XElement("fsync_part_directory", 1) : null)).SaveTo(config);
        return config;
    }

    static IEnumerable<string> Grants(bool allowFiles) => allowFiles
        ? [$"{Privileges}, {Outside} ON *.*", "TABLE ENGINE ON *"]
        : [$"{Privileges} ON *.*", .. InnerEngines.Select(engine => $"TABLE ENGINE ON {engine}")];

    /// <summary>All of it or nothing: a torn file would be in the way of the next start.</summary>
    static void SaveTo(this XElement content, string path)
    {
        content.Save(path + ".new");
        File.Move(path + ".new", path, overwrite: true);
    }
}
