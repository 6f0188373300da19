namespace Batch.AppHost;

/// <summary>Whether errors that Aspire logs are shown on the console, beside what the session says.</summary>
sealed class ConsoleErrors
{
    volatile bool _areShown = true;

    public bool AreShown
    {
        get => _areShown;
        set => _areShown = value;
    }
}
