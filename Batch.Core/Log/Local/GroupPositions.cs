using System.Globalization;
using System.Text;
using Batch.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Batch.Core.Log.Local;

/// <summary>How far one group has committed, as a file of lines; the last whole line counts.</summary>
/// <remarks>
/// <code>
/// 5d1e0b7c chunks/0=17 chunks/1=20
/// 9a40c2f3 chunks/0=18 chunks/1=20
/// 77e0 chu                            torn by a crash: not counted
/// </code>
/// The first word is the CRC-32C of the rest. A lost line only means that records are delivered again, so a save that fails is
/// reported and not thrown: on a full disk, consuming goes on, which is what makes room.
/// </remarks>
internal sealed class GroupPositions : IDisposable
{
    const string Extension = ".positions";
    const int RewriteAboveBytes = 64 << 10;

    readonly string _path;
    readonly string _group;
    readonly LogDisk _disk;
    readonly ILogger _logger;
    SafeFileHandle? _file;
    long _length;

    public GroupPositions(string directory, string group, LogDisk disk, ILogger logger) =>
        (_path, _group, _disk, _logger) = (Path.Combine(directory, group + Extension), group, disk, logger);

    public static IEnumerable<string> GroupsIn(string directory) =>
        Directory.EnumerateFiles(directory, "*" + Extension).Select(path => Path.GetFileNameWithoutExtension(path));

    public Dictionary<LogPartition, long> Load()
    {
        if (!File.Exists(_path))
            return [];
        foreach (var line in File.ReadAllText(_path).Split('\n').Reverse())
            if (TryParse(line, out var positions))
                return positions;
        _logger.PositionsUnreadable(_path, _group);
        return [];
    }

    /// <summary>Makes these positions the ones that count; done when they are on disk.</summary>
    public void Save(IReadOnlyDictionary<LogPartition, long> positions)
    {
        var line = Encoding.UTF8.GetBytes(Format(positions));
        try
        {
            if (_file is null || _length + line.Length > RewriteAboveBytes)
                Rewrite(line);
            else
                Append(line);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            _logger.PositionsNotSaved(_group, e);
        }
    }

    void Append(byte[] line)
    {
        _disk.Write(_file!, [line], _length);
        _disk.Flush(_file!);
        _length += line.Length;
    }

    void Rewrite(byte[] line)
    {
        var path = _path + ".new";
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            _disk.Write(file, [line], 0);
            _disk.Flush(file);
        }
        File.Move(path, _path, overwrite: true);
        LogDisk.FlushDirectory(Path.GetDirectoryName(_path)!);
        _file?.Dispose();
        _file = null;
        _file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _length = line.Length;
    }

    static string Format(IReadOnlyDictionary<LogPartition, long> positions)
    {
        var text = string.Join(' ', positions.Select(position =>
            string.Create(CultureInfo.InvariantCulture, $"{position.Key.Topic}/{position.Key.Partition}={position.Value}")));
        return $"{Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8} {text}\n";
    }

    static bool TryParse(string line, out Dictionary<LogPartition, long> positions)
    {
        positions = [];
        if (line.Length < 9 || line[8] != ' ' || $"{Crc32C.Of(Encoding.UTF8.GetBytes(line[9..])):x8}" != line[..8])
            return false;
        foreach (var word in line[9..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var slash = word.LastIndexOf('/');
            var equals = word.LastIndexOf('=');
            var partition = int.Parse(word.AsSpan(slash + 1, equals - slash - 1), CultureInfo.InvariantCulture);
            positions[new LogPartition(word[..slash], partition)] = long.Parse(word.AsSpan(equals + 1), CultureInfo.InvariantCulture);
        }
        return true;
    }

    public void Dispose() => _file?.Dispose();
}
