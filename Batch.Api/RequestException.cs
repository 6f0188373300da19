namespace Batch.Api;

/// <summary>A request that cannot be served as it was made; becomes a problem of the same status, code and detail.</summary>
/// <param name="detail">What, where, and how to fix it.</param>
internal sealed class RequestException(int status, string code, string detail) : Exception(detail)
{
    public int Status { get; } = status;
    public string Code { get; } = code;

    public static RequestException BadParameter(string name, string value, string expected) =>
        new(StatusCodes.Status400BadRequest, "INVALID_PARAMETER", $"{name}: '{Shorten(value)}' is not {expected}.");

    public static RequestException ModelNotFound(string model) => new(StatusCodes.Status404NotFound, "MODEL_NOT_FOUND",
        $"No model of this tenant has the id or name '{Shorten(model)}'. List them with GET /models.");

    static string Shorten(string value) => value.Length <= 80 ? value : value[..80] + "…";
}
