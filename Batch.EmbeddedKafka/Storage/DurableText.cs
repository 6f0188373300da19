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
        if (all.Length < ChecksumChars + 2 || all[ChecksumChars] != ' ' || all[^1] != '\n')
            return "";
        var text = all[(ChecksumChars + 1)..^1];
        return $"{Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8}" == all[..ChecksumChars] ? text : "";
    }
}
