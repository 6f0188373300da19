using Batch.Benchmarks.Data;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Measurements;

/// <summary>A file from the first byte of its upload to the end of its job, against ClickHouse's and DuckDB's own loading of the same file.</summary>
/// <remarks>
/// All files and all three take turns, round after round. They do not do the same with bad rows: Batch keeps each with all of its errors
/// in a table, DuckDB its errors in a table, ClickHouse the first error and the row in a text file.
/// </remarks>
internal sealed class EndToEnd
{
    readonly DataSet _data;
    readonly string _path;
    readonly long _rows, _bytes;
    readonly Sample _batch = new(), _floor = new(), _duckDb = new(), _batchCpu = new(), _floorCpu = new();

    EndToEnd(DataSet data, string folder, long bytes)
    {
        (_data, _path, _rows) = (data, Path.Combine(folder, $"{data.Name.Replace(' ', '_')}.csv"), data.RowsIn(bytes));
        _bytes = data.Write(_path, _rows);
    }

    /// <returns>A table, a sentence on bad files (empty where those were not measured), and a chart.</returns>
    public static async Task<(Table Table, string BadFiles, BarChart Chart)> RunAsync(
        BatchSystem system, string folder, IEnumerable<DataSet> sets, long megabytes, int rounds)
    {
        var duckDb = await DuckDb.InstallAsync();
        var files = sets.Select(data => new EndToEnd(data, folder, megabytes << 20)).ToList();
        for (var round = 0; round <= rounds; round++)
            foreach (var file in files)
                await file.MeasureAsync(new Loads(system), duckDb, round);
        files.ForEach(file => File.Delete(file._path));

        var table = new Table(
            "End to end: HTTP → log → workers → table, against the floor, ClickHouse's own INSERT … SELECT FROM file() (bad rows and their first errors "
            + $"written to a file), and DuckDB's read_csv (with store_rejects); median (min–max) of {rounds}",
            "data set", "MB", "rows", "bad rows", "Batch, s", "floor, s", "Batch, Mrow/s", "floor, Mrow/s", "floor's time / Batch's",
            "the same in processor time", "DuckDB, s", "DuckDB's time / Batch's");
        var chart = new BarChart("Rows loaded end to end, Batch and ClickHouse's own INSERT SELECT FROM file()", "million rows a second");
        foreach (var file in files)
            file.AddTo(table, chart);
        return (table, BadFiles(files), chart);
    }

    async Task MeasureAsync(Loads loads, DuckDb? duckDb, int round)
    {
        var batch = await loads.WithBatchAsync(_data, _path, _rows);
        var floor = await loads.WithClickHouseAsync(_data, _path, _rows);
        var duck = duckDb is null ? (LoadFigures?)null : await duckDb.LoadAsync(_data, _path, _rows);
        await Console.Error.WriteLineAsync(
            $"{_data.Name}, round {round}: Batch {batch.Seconds:0.00} s ({batch.CpuSeconds:0.00} s of processor), floor {floor.Seconds:0.00} s ({floor.CpuSeconds:0.00} s), DuckDB {duck?.Seconds:0.00} s");
        if (round == 0)
            return; // whatever is done once: compiling, opening files
        _batch.Add(batch.Seconds);
        _batchCpu.Add(batch.CpuSeconds);
        _floor.Add(floor.Seconds);
        _floorCpu.Add(floor.CpuSeconds);
        if (duck is { } figures)
            _duckDb.Add(figures.Seconds);
    }

    void AddTo(Table table, BarChart chart)
    {
        var (batchRate, floorRate) = (Rate(_batch), Rate(_floor));
        table.Add(_data.Name, $"{_bytes / 1e6:0}", $"{_rows:N0}", $"{_data.BadRows(_rows):N0}", _batch.Text("0.00"), _floor.Text("0.00"),
            batchRate.Text("0.00"), floorRate.Text("0.00"), Ratio(_floor, _batch), Ratio(_floorCpu, _batchCpu),
            _duckDb.Count == 0 ? "" : _duckDb.Text("0.00"), _duckDb.Count == 0 ? "" : Ratio(_duckDb, _batch));
        chart.Add(_data.Name, ("Batch", batchRate.Median, batchRate.Min, batchRate.Max), ("ClickHouse", floorRate.Median, floorRate.Min, floorRate.Max));
    }

    Sample Rate(Sample seconds) => seconds.Select(value => _rows / 1e6 / value);

    static string Ratio(Sample floor, Sample batch) => $"{floor.Median / batch.Median:0.00}";

    /// <summary>What is asked of Batch: a file of bad rows only loads at least half as fast as a good one of the same columns and size.</summary>
    static string BadFiles(List<EndToEnd> files)
    {
        if (files.Find(file => file._data == DataSets.Mixed) is not { } good || files.Find(file => file._data == DataSets.Bad100) is not { } bad)
            return "";
        var speed = good._batch.Median / good._bytes / (bad._batch.Median / bad._bytes);
        var cpuSpeed = good._batchCpu.Median / good._bytes / (bad._batchCpu.Median / bad._bytes);
        return $"All rows bad: {bad._batch.Text("0.00")} s for {bad._bytes / 1e6:0} MB; all good, the same columns: {good._batch.Text("0.00")} s for {good._bytes / 1e6:0} MB. "
            + $"Bad rows go {speed:0.00} times as fast as good ones ({cpuSpeed:0.00} in processor time); 0.50 is asked: **{(speed >= 0.5 ? "met" : "missed")}**.\n";
    }
}
