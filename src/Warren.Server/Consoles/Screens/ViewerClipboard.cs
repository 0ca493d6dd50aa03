using System.Buffers.Binary;
using System.Text;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>A viewer's end of the clipboard: what it is to be told, of which no more waits than one message of each kind.</summary>
/// <param name="offer">Offers a text to the guest.</param>
internal sealed class ViewerClipboard(Action<string> offer)
{
    private readonly Lock _gate = new();
    private string? _text;
    private (string? Of, bool Extended, byte[] Message) _made = (null, false, []);
    private bool _extended, _caps, _news, _asks, _answers;

    /// <summary>Bytes of text that the viewer takes without having asked (its caps; the protocol's default is 20 MiB).</summary>
    private uint _unasked = 20 << 20;

    /// <summary>Whether it takes more than Latin 1.</summary>
    public void Understands(bool extended)
    {
        lock (_gate) (_caps, _extended) = (_caps || (extended && !_extended), extended);
    }

    /// <summary>A text was copied in the guest.</summary>
    public void Copied(string text)
    {
        lock (_gate) (_text, _news) = (text, true);
    }

    /// <summary>The viewer has copied a text, or says something about one.</summary>
    /// <param name="flags">The actions and formats of <see cref="ExtendedClipboard"/>.</param>
    /// <param name="data">What came with them.</param>
    /// <param name="may">Whether it shares the clipboard at this moment.</param>
    public void Hear(uint flags, byte[] data, bool may)
    {
        if ((flags & ExtendedClipboard.Caps) != 0)
        {
            // A size for each format that is named; text is the first.
            lock (_gate) _unasked = (flags & ExtendedClipboard.Text) != 0 && data.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(data) : 0;
            return;
        }

        if (!may) return;
        if ((flags & ExtendedClipboard.Provide) != 0)
        {
            if ((flags & ExtendedClipboard.Text) != 0 && ExtendedClipboard.TextOf(data) is { } text) offer(text);
            return;
        }

        lock (_gate)
        {
            if ((flags & ExtendedClipboard.Notify) != 0) _asks = (flags & ExtendedClipboard.Text) != 0;
            else if ((flags & ExtendedClipboard.Request) != 0) _answers = _text is not null;
            else if ((flags & ExtendedClipboard.Peek) != 0) _news = true;
        }
    }

    /// <summary>What it is to be sent now. Called by one at a time.</summary>
    public IReadOnlyList<byte[]> Take()
    {
        string? text;
        bool extended, caps, asks, sends, notes;
        lock (_gate)
        {
            if (!(_caps || _news || _asks || _answers)) return [];
            (text, extended, caps, asks) = (_text, _extended, _caps, _asks);
            sends = text is not null && (_answers || (_news && (!_extended || Encoding.UTF8.GetByteCount(text) < _unasked)));
            notes = _news && !sends && _extended;
            (_caps, _news, _asks, _answers) = (false, false, false, false);
        }

        List<byte[]> messages = [];
        if (caps) messages.Add(ExtendedClipboard.OurCaps());
        if (asks) messages.Add(ExtendedClipboard.Question());
        if (sends) messages.Add(MessageOf(text!, extended));
        else if (notes) messages.Add(ExtendedClipboard.Notice(text is not null));
        return messages;
    }

    /// <summary>Made once for each text, however often it is asked for.</summary>
    private byte[] MessageOf(string text, bool extended)
    {
        if (!ReferenceEquals(_made.Of, text) || _made.Extended != extended)
            _made = (text, extended, extended ? ExtendedClipboard.Answer(text) : Messages.CutText(ScreenMessage.CutText, Encoding.Latin1.GetBytes(text)));
        return _made.Message;
    }
}
