using System.CommandLine;
using System.Net;
using Batch.Client;

namespace Batch.Cli;

/// <summary>What one command works with; turns every way it can go wrong into one sentence and an exit code.</summary>
internal sealed class Session(ParseResult parsed, Terminal terminal, BatchClient api) : IDisposable
{
    public BatchClient Api => api;
    public Terminal Terminal => terminal;
    public OutputFormat Format => parsed.GetValue(ServiceOptions.Output);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);
    public T Get<T>(Argument<T> argument) => parsed.GetValue(argument)!;

    public void Dispose() => api.Dispose();

    /// <summary>Makes <paramref name="work"/> the action of the command.</summary>
    public static void Act(Command command, Terminal terminal, Func<Session, CancellationToken, Task<int>> work) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                using var session = new Session(parsed, terminal, new BatchClient(ServiceOptions.ClientOptions(parsed)));
                return await work(session, cancellationToken);
            }
            catch (UsageException exception)
            {
                return await SayAsync(terminal, exception.Message, ExitCodes.Usage);
            }
            catch (BatchApiException exception)
            {
                return await SayAsync(terminal, exception.Message, exception.StatusCode switch
                {
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCodes.Auth,
                    HttpStatusCode.NotFound => ExitCodes.NotFound,
                    HttpStatusCode.ServiceUnavailable => ExitCodes.Unreachable,
                    _ => ExitCodes.Failure,
                });
            }
            catch (BatchUnreachableException exception)
            {
                return await SayAsync(terminal,
                    $"{exception.Message} Is the service running there? Set BATCH_API_URL or --api-url to where it is.", ExitCodes.Unreachable);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCodes.Interrupted;
            }
            catch (FileNotFoundException exception)
            {
                return await SayAsync(terminal, $"There is no file '{exception.FileName}'.", ExitCodes.NotFound);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return await SayAsync(terminal, exception.Message, ExitCodes.Failure);
            }
        });

    static async Task<int> SayAsync(Terminal terminal, string message, int exitCode)
    {
        await terminal.Error.WriteLineAsync(message);
        return exitCode;
    }
}
