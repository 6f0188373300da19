using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Batch.EmbeddedKafka;

/// <summary>The command line, over what the section "EmbeddedKafka" says.</summary>
internal sealed record ProcessOptions(BrokerOptions Broker, bool ExitWithParent)
{
    internal const string Usage =
        "Usage: Batch.EmbeddedKafka --data DIR [--port N] [--bind ADDRESS] [--advertise HOST] [--min-free BYTES] [--max-bytes BYTES] " +
        "[--segment-bytes BYTES] [--retention-hours N] [--no-auto-create] [--exit-with-parent]";

    /// <param name="settings">Of the environment: <c>EmbeddedKafka__MaxBytes</c> and so on.</param>
    /// <exception cref="StartupException">The arguments or the settings make no sense.</exception>
    internal static ProcessOptions Parse(string[] arguments, IConfiguration settings)
    {
        var broker = Read(settings);
        // Which folder it is depends on who starts it, never on what a shell has set.
        broker.Directory = "";
        var exitWithParent = false;
        for (var index = 0; index < arguments.Length; index++)
        {
            var name = arguments[index];
            string Value() => ++index < arguments.Length ? arguments[index] : throw new StartupException($"{name} needs a value. {Usage}");
            switch (name)
            {
                case "--data": broker.Directory = Path.GetFullPath(Value()); break;
                case "--port": broker.Port = (int)Number(name, Value(), 65_535); break;
                case "--bind": broker.Bind = Value(); break;
                case "--advertise": broker.AdvertisedHost = Value(); break;
                case "--min-free": broker.MinFreeBytes = Number(name, Value(), long.MaxValue); break;
                case "--max-bytes": broker.MaxBytes = Number(name, Value(), long.MaxValue); break;
                case "--segment-bytes": broker.SegmentBytes = (int)Number(name, Value(), int.MaxValue); break;
                case "--retention-hours": broker.Retention = TimeSpan.FromHours(Number(name, Value(), 87_600)); break;
                case "--no-auto-create": broker.AutoCreateTopics = false; break;
                case "--exit-with-parent": exitWithParent = true; break;
                default: throw new StartupException($"Unknown argument '{name}'. {Usage}");
            }
        }
        if (broker.Directory.Length == 0)
            throw new StartupException($"--data is missing. {Usage}");
        Check(broker);
        return new ProcessOptions(broker, exitWithParent);
    }

    static BrokerOptions Read(IConfiguration settings)
    {
        var broker = new BrokerOptions();
        try
        {
            settings.GetSection(BrokerOptions.SectionName).Bind(broker);
            return broker;
        }
        // {"Failed to convert configuration value 'much' at 'EmbeddedKafka:MinFreeBytes' to type 'System.Int64'."}
        catch (InvalidOperationException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    /// <exception cref="StartupException">A setting is out of range.</exception>
    internal static void Check(BrokerOptions broker)
    {
        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(broker, new ValidationContext(broker), faults, validateAllProperties: true))
            throw new StartupException(string.Join(" ", faults.Select(fault => fault.ErrorMessage)));
    }

    static long Number(string name, string text, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= max
            ? value
            : throw new StartupException($"{name} must be a number from 0 to {max}, not '{text}'.");
}
