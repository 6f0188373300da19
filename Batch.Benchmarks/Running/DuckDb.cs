using System.Diagnostics;
using System.Text.Json;
using Batch.Benchmarks.Data;

namespace Batch.Benchmarks.Running;

/// <summary>
/// DuckDB reading a file with types checked and errors kept: what else there is for who has a CSV file and wants to know what is wrong with it.
/// </summary>
/// <remarks>Out of its npm package, which is installed beside this program on first use (70 MB).</remarks>
internal sealed class DuckDb
{
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "DuckDb");

    /// <summary>Null where it cannot be had; the reason goes to the error stream.</summary>
    public static async Task<DuckDb?> InstallAsync()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "@duckdb", "node-api")))
        {
            try
            {
                // Not "ci", which wants the packages of all other systems in the lock file too.
                await RunAsync("npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error");
            }
            catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                await Console.Error.WriteLineAsync($"DuckDB is left out, as npm cannot install it: {fault.Message}");
                return null;
            }
        }
        return new DuckDb();
    }

    /// <summary>All types checked; every error of every bad row kept in a table of the session, as <c>store_rejects</c> does, without a limit.</summary>
    public async Task<LoadFigures> LoadAsync(DataSet data, string path, long rows)
    {
        var database = path + ".duckdb";
        var columns = JsonSerializer.Serialize(data.Columns.ToDictionary(column => column.Name, column => TypeOf(column.Type)));
        try
        {
            var answer = JsonElement.Parse(await RunAsync("node", "load.mjs", path, database, columns));
            var (loaded, rejected) = (answer.GetProperty("rows").GetInt64(), answer.GetProperty("rejected").GetInt64());
            if ((loaded, rejected) != (rows - data.BadRows(rows), data.BadRows(rows)))
                throw new InvalidOperationException($"DuckDB loaded {loaded} rows and rejected {rejected} of {rows}, of which {data.BadRows(rows)} are bad.");
            return new(answer.GetProperty("seconds").GetDouble(), answer.GetProperty("cpu_seconds").GetDouble());
        }
        finally
        {
            File.Delete(database);
        }
    }

    static string TypeOf(string clickHouseType) => clickHouseType switch
    {
        "UInt32" => "UINTEGER",
        "Int64" => "BIGINT",
        "Float64" => "DOUBLE",
        "Bool" => "BOOLEAN",
        _ => "VARCHAR",
    };

    static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException((await error).Trim());
    }
}
