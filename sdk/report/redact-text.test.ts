import { expect } from 'chai';
import { describe, it } from 'mocha';
import { redactForm, redactText, redactUrl } from './redact-text.ts';
import { isSecretName, isSecretParameter } from './secret-names.ts';

const expectAll = (redact: (text: string) => string, table: Readonly<Record<string, string>>) => {
  for (const [text, redacted] of Object.entries(table)) expect(redact(text), text).to.equal(redacted);
};

describe('report/secret-names', () => {
  it('knows names of secrets, however they are written', () => {
    const names =
      'password PASSWORD dbPassword passwd user_pwd client_secret clientSecret access_token refreshToken api_key apiKey apikey ' +
      'APIKey x-api-key X-Auth-Token authorization credentials signature card card_number cardNumber creditCard cvv CVV2 cvc ' +
      'iban IBAN pan PAN cardPan pin otp session_id sessionid user[password] private_key secretAccessKey X-Amz-Credential';
    for (const name of names.split(' ')) expect(isSecretName(name), name).to.equal(true);
  });

  it('leaves names of other things alone', () => {
    const names =
      'id name key author company expand pinned pass_count card_brand status signal idempotency-key Idempotency-Key ' +
      'idempotencyKey primaryKeyOf content-type spanId x-request-id etag www-authenticate description';
    for (const name of names.split(' ')) expect(isSecretName(name), name).to.equal(false);
  });

  it('takes any key in a header or parameter for one that opens something, but for the idempotency key', () => {
    for (const name of ['key', 'ocp-apim-subscription-key', 'x-functions-key', 'clientKey', 'cookie', 'set-cookie'])
      expect(isSecretParameter(name), name).to.equal(true);
    for (const name of ['idempotency-key', 'x-idempotency-key', 'idempotencyKey', 'accept', 'keys'])
      expect(isSecretParameter(name), name).to.equal(false);
  });
});

describe('report/redact-text', () => {
  it('blanks fields of JSON at any depth, and leaves the others as they were written', () => {
    expectAll(redactText, {
      '{"user":"bob", "password" : "x\\"y\\\\", "n":1.0}': '{"user":"bob", "password" : "[redacted]", "n":1.0}',
      '[{"a":{"pin":1234},"b":[{"cvv":"123"}]}]': '[{"a":{"pin":"[redacted]"},"b":[{"cvv":"[redacted]"}]}]',
      '{"card":{"number":"4111","x":[1,"}"]},"z":"ok"}': '{"card":"[redacted]","z":"ok"}',
      '{"token":null,"secret":false,"iban":""}': '{"token":null,"secret":false,"iban":"[redacted]"}',
      '{"pass\\u0077ord":"x","a":"5\\" screen","password":"y"}':
        '{"pass\\u0077ord":"[redacted]","a":"5\\" screen","password":"[redacted]"}',
      '{"a":"b","c":":","password":"x"}': '{"a":"b","c":":","password":"[redacted]"}',
    });
  });

  it('blanks fields of JSON in a string of JSON, however deep', () => {
    const inner = (value: unknown) => JSON.stringify({ password: value, keep: 'k', list: [1] });
    for (const value of ['x', 'a"b\\c"', '\\', { deep: ['"}'] }, 12, 'x\ny']) {
      let text = inner(value);
      let expected = inner('[redacted]');
      for (let depth = 0; depth < 4; depth++) {
        expect(redactText(text)).to.equal(expected);
        text = JSON.stringify({ text, after: 1 });
        expected = JSON.stringify({ text: expected, after: 1 });
      }
    }
  });

  it('blanks what it can of JSON that is cut or broken', () => {
    expectAll(redactText, {
      '{"a":1,"password":"hunt': '{"a":1,"password":"[redacted]"',
      '{"a":1,"password":"hunt\\': '{"a":1,"password":"[redacted]"',
      '{"a":1,"password":{"x":[1,2': '{"a":1,"password":"[redacted]"',
      '{"a":"1,"password":"x","b":2}': '{"a":"1,"password":"[redacted]","b":2}',
      '{"password":hunter two,"b":2}': '{"password":"[redacted]","b":2}',
      "{'password': 'x', 'b': 2}": "{'password': '[redacted]', 'b': 2}",
      '{"password"=>"x", "b"=>2}': '{"password"=>"[redacted]", "b"=>2}',
    });
  });

  it('blanks what other kinds of text call a secret', () => {
    expectAll(redactText, {
      '<a><ns:password>x</ns:password><b>k</b></a>': '<a><ns:password>[redacted]</ns:password><b>k</b></a>',
      '<secret><![CDATA[x<y]]></secret><b/>': '<secret>[redacted]</secret><b/>',
      '<b token="x y" id="1"/>': '<b token=[redacted] id="1"/>',
      '<password>hun': '<password>[redacted]',
      'name: bob\n  api-key: abc def\npassword = x y': 'name: bob\n  api-key: [redacted]\npassword = [redacted]',
      'failed with token=abc and id=1': 'failed with token=[redacted] and id=1',
      'sent Authorization: Bearer abc.def-1 to it': 'sent Authorization: Bearer [redacted] to it',
      'at https://bob:p@w@host/x and https://host:8080/': 'at https://[redacted]@host/x and https://host:8080/',
      '{"next":"https:\\/\\/u:p@h\\/x"}': '{"next":"https:\\/\\/[redacted]@h\\/x"}',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl ok': '[redacted] ok',
      '-----BEGIN RSA PRIVATE KEY-----\nMII\nabc': '[redacted]',
      'sk_live_abcdefghijkl AKIAABCDEFGHIJKLMNOP': '[redacted] [redacted]',
    });
  });

  it('blanks the user of a URL that was cut before its host', () => {
    expect(redactText('see https://bob:hunt', true)).to.equal('see https://[redacted]');
    expect(redactText('see https://host:8080', false)).to.equal('see https://host:8080');
  });

  it('blanks parameters of forms and URLs, also of those within them', () => {
    expectAll(redactForm, {
      'grant_type=x&client_secret=a,b"c d&x=1': 'grant_type=x&client_secret=[redacted]&x=1',
      'user%5Bpass%77ord%5D=x&a=%ZZ&pin=': 'user%5Bpass%77ord%5D=[redacted]&a=%ZZ&pin=',
    });
    expectAll(redactUrl, {
      'https://bob:pw@h.example/a;jsessionid=1?key=AIza&x=1':
        'https://[redacted]@h.example/a;jsessionid=[redacted]?key=[redacted]&x=1',
      'https://h/?f=%7B%22password%22%3A%22x%22%7D#access_token=a':
        'https://h/?f=%7B%22password%22%3A%22[redacted]%22%7D#access_token=[redacted]',
      'https://h/?to=https%3A%2F%2Fg%2F%3Ftoken%3Dabc%26y%3D2':
        'https://h/?to=https%3A%2F%2Fg%2F%3Ftoken%3D[redacted]%26y%3D2',
      'https://h/?idempotency_key=1&page=2': 'https://h/?idempotency_key=1&page=2',
    });
  });

  it('takes no longer for text that is made to keep it busy', () => {
    const odd = [
      '\\',
      '"',
      '\\"',
      '<a ',
      '-----BEGIN PRIVATE KEY-----',
      'eyJaaaaaa-',
      'bearer ',
      'a=%25',
      '"x" ',
      'a',
      '://a:',
    ];
    const startedMs = performance.now();
    for (const piece of [...odd, '"password":[', '"password":"\\', '&amp;', '- ', 'a=b=', '\\u0041', ' '])
      redactForm(piece.repeat(Math.ceil(16_384 / piece.length)));
    // Some 20 ms; anything quadratic takes seconds.
    expect(performance.now() - startedMs).to.be.below(2_000);
  });
});
