using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Batch.EmbeddedKafka.Storage;
using Batch.Primitives;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>The durable file of one group: a line for what the group was, then one for each change.</summary>
/// <remarks>
/// <code>
/// 5d1e0b7c {"group":"batch-workers","membership":{"generation":3,...},"offsets":[{"topic":"chunks","partition":0,"offset":17,...}]}
/// 9a40c2f3 {"offsets":[{"topic":"chunks","partition":0,"offset":18,"leader_epoch":0,"metadata":"","at":1764512345678}]}
/// 77e0 {"offs                         torn by a crash: was never acknowledged, and is cut off
/// </code>
/// The first word is the CRC-32C of the rest. When the file has grown, a new one is written beside the old one. Room for more lines than
/// it may have is reserved on disk, so that commits, which are what frees the log's segments, go on for a while when the disk is full.
/// Used by one thread.
/// </remarks>
internal sealed class GroupFile(string path, LogDisk disk)
{
    public const string Extension = ".group";
    public const string NewExtension = ".new";
    const int RewriteAboveBytes = 32 << 10;
    const int ReserveBytes = 16 << 10;
    const int ChecksumLetters = 8;
    const int ReadableLetters = 40;

    public string Path => path;

    long _length;
    long _rewriteAbove;
    // The file cannot be appended to: not there, or a write or flush left it in an unknown state.
    bool _unusable = true;
    // A write failed: what it would have said is not in the file.
    bool _behind;

    /// <summary>Any group id as a file's name: readable letters first, then a hash, since case, length and characters may not be a file's.</summary>
    public static string NameOf(string group)
    {
        var readable = string.Concat(group.Take(ReadableLetters).Select(letter =>
            char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) ? letter : '-'));
        return $"{readable}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(group)).AsSpan(0, 16))}{Extension}";
    }

    /// <summary>Reads what is there and cuts off what a crash left unfinished.</summary>
    /// <returns>Null: no line can be read.</returns>
    /// <exception cref="IOException">The disk.</exception>
    public LoadedGroup? Load(ILogger logger)
    {
        var bytes = File.ReadAllBytes(path);
        LoadedGroup? loaded = null;
        var end = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var rest = bytes.AsSpan(at);
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
                break;
            if (Decode(rest[..length]) is { } record && (loaded is not null || record.Group is not null))
            {
                if (end < at)
                    logger.LinesDamaged(path, end, at);
                loaded ??= new LoadedGroup(record.Group!);
                loaded.Apply(record);
                end = at + length + 1;
            }
            at += length + 1;
        }
        if (loaded is null)
            return null;
        _rewriteAbove = Math.Max(RewriteAboveBytes, 2L * Encode([loaded.ToRecord()]).Length);
        _length = end;
        _unusable = false;
        if (end < bytes.Length)
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read);
            disk.Cut(file, end);
        }
        return loaded;
    }

    /// <summary>Adds lines; done when they are on disk.</summary>
    /// <param name="snapshot">The full content of the file without these records; requested when it is rewritten.</param>
    /// <exception cref="IOException">The disk: none of the records counts.</exception>
    public void Write(IReadOnlyList<GroupRecord> records, Func<GroupRecord> snapshot)
    {
        try
        {
            var lines = Encode(records);
            if (!_unusable && !_behind && _length + lines.Length <= _rewriteAbove)
            {
                Append(lines);
                return;
            }
            var all = Encode([snapshot(), .. records]);
            try
            {
                Rewrite(all);
            }
            catch (Exception e) when (LogDisk.IsFault(e) && !_unusable)
            {
                // No room for a second file: the reserve of this one is there for that.
                Append(_behind ? all : lines);
            }
            _behind = false;
        }
        catch
        {
            _behind = true;
            throw;
        }
    }

    public void Delete()
    {
        _unusable = true;
        File.Delete(path);
        disk.FlushFolder(System.IO.Path.GetDirectoryName(path)!);
    }

    void Append(byte[] lines)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read);
        _unusable = true;
        try
        {
            disk.Write(file, [lines], _length);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            // A part of a line is no line; but what comes next must not be taken for its end.
            disk.Cut(file, _length);
            _unusable = false;
            throw;
        }
        // After a failed flush the state on disk is unknown, so the file is rewritten.
        disk.Flush(file);
        _length += lines.Length;
        _unusable = false;
    }

    void Rewrite(byte[] lines)
    {
        var above = Math.Max(RewriteAboveBytes, 2L * lines.Length);
        var next = path + NewExtension;
        try
        {
            using var file = disk.Create(next, above + ReserveBytes);
            disk.Write(file, [lines], 0);
            disk.Flush(file);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            // On a full disk every block counts.
            File.Delete(next);
            throw;
        }
        _unusable = true;
        disk.Replace(next, path);
        disk.FlushFolder(System.IO.Path.GetDirectoryName(path)!);
        (_length, _rewriteAbove, _unusable) = (lines.Length, above, false);
    }

    internal static byte[] Encode(IEnumerable<GroupRecord> records)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var record in records)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(record, GroupRecordJson.Default.GroupRecord);
            lines.Write(Encoding.ASCII.GetBytes($"{Crc32C.Of(json):x8} "));
            lines.Write(json);
            lines.Write("\n"u8);
        }
        return lines.WrittenSpan.ToArray();
    }

    static GroupRecord? Decode(ReadOnlySpan<byte> line)
    {
        if (line.Length <= ChecksumLetters || line[ChecksumLetters] != ' '
            || !uint.TryParse(line[..ChecksumLetters], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            || checksum != Crc32C.Of(line[(ChecksumLetters + 1)..]))
            return null;
        try
        {
            return JsonSerializer.Deserialize(line[(ChecksumLetters + 1)..], GroupRecordJson.Default.GroupRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
