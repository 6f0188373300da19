using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Numbers for producers, none of them twice: taken in blocks that are on disk before their first is given.</summary>
internal sealed class ProducerIds
{
    const int Block = 1000;
    const string Name = "producer-ids";

    readonly LogDisk _disk;
    readonly string _path;
    readonly Lock _gate = new();
    long _next;
    long _reserved;

    public ProducerIds(LogDisk disk, string directory, TimeProvider time, ILogger logger)
    {
        (_disk, _path) = (disk, Path.Combine(directory, Name));
        var text = DurableText.Read(_path);
        if (text == "")
        {
            // Seconds are ahead of any count of producers.
            _next = time.GetUtcNow().ToUnixTimeSeconds() * Block;
            logger.FileDamaged(_path, $"producers are counted from {_next} on.");
        }
        else if (text is not null)
        {
            _next = long.Parse(text, CultureInfo.InvariantCulture);
        }
        _reserved = _next;
    }

    public long Next()
    {
        lock (_gate)
        {
            if (_next == _reserved)
            {
                DurableText.Write(_disk, _path, (_next + Block).ToString(CultureInfo.InvariantCulture));
                _reserved = _next + Block;
            }
            return _next++;
        }
    }
}
