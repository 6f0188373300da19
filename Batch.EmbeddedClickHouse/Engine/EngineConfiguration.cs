using System.Xml.Linq;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>The engine's own configuration files, written afresh at every start.</summary>
internal static class EngineConfiguration
{
    // Everything a client of a database needs. Left out: SOURCES (file, url, s3, remote databases …), dictionaries, named
    // collections, users, backups. The engine checks these, also for sources hidden in views, so no text has to be searched.
    const string Privileges =
        "SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, CREATE FUNCTION, " +
        "DROP DATABASE, DROP TABLE, DROP VIEW, DROP FUNCTION, UNDROP TABLE, TRUNCATE, OPTIMIZE, CHECK, KILL QUERY, dictGet, " +
        "SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM FLUSH, SYSTEM SYNC REPLICA, SYSTEM DROP CACHE, SYSTEM WAIT LOADING PARTS";

    /// <summary>Writes the files and returns the path of the one to be named with <c>--config-file</c>.</summary>
    internal static string Write(ProcessOptions options)
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
                options.AllowFiles ? null : new XElement("grants",
                    new XElement("query", $"GRANT {Privileges} ON *.*"),
                    new XElement("query", "GRANT TABLE ENGINE ON *"))))).Save(users);
        new XElement("clickhouse",
            new XElement("users_config", users),
            new XElement("max_server_memory_usage", options.MaxMemory),
            new XElement("logger", new XElement("level", "none"), new XElement("console", "0")),
            new XElement("merge_tree",
                options.Fsync ? new XElement("fsync_after_insert", 1) : null,
                options.Fsync ? new XElement("fsync_part_directory", 1) : null)).Save(config);
        return config;
    }
}
