using System.Text;
using Batch.Primitives;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Small files that are replaced as a whole: after a crash there is the old text or the new one, never a mixture.</summary>
/// <remarks>Raw shape: <c>5d1e0b7c 17</c>, the CRC-32C of the text, a space, the text, a line feed.</remarks>
internal static class DurableText
{
    const string Beside = ".new";
    const int ChecksumChars = 8;

    /// <summary>On disk, name and all, when this returns.</summary>
    public static void Write(LogDisk disk, string path, string text)
    {
        var bytes = Encoding.UTF8.GetBytes($"{Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8} {text}\n");
        using (var file = File.OpenHandle(path + Beside, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            disk.Write(file, [bytes], 0);
            disk.Flush(file);
        }
        disk.Replace(path + Beside, path);
        disk.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <returns>Null: there is no such file. Empty: it is not what was written.</returns>
    public static string? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var all = File.ReadAllText(path);
        return all.EndsWith('\n') ? Open(all[..^1]) ?? "" : "";
    }

    /// <summary>The text that follows its checksum; null where they do not match.</summary>
    public static string? Open(string line)
    {
        if (line.Length < ChecksumChars + 1 || line[ChecksumChars] != ' ')
            return null;
        var text = line[(ChecksumChars + 1)..];
        return $"{Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8}" == line[..ChecksumChars] ? text : null;
    }
}
