using System.Globalization;

namespace Puna.Tokenizer.Tests.Templates;

/// <summary>A clock that stands still, in UTC.</summary>
internal sealed class ManualClock(DateTimeOffset now) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public static ManualClock At(string iso) =>
        new(DateTimeOffset.Parse(iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));

    public override DateTimeOffset GetUtcNow() => now;
}
