// URLs that somebody might name to make the server talk to what is not his: private and special addresses in every spelling,
// names that resolve to them, credentials, other schemes, and what is no URL. One table for the HTTP client and for every
// parameter of the API that takes a URL.

/** Answers of the tests' own name server; a list of lists is answered one after the other. */
export const hostileNames: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'private.example': [['192.168.1.1']],
  'loopback.example': [['127.0.0.1']],
  'metadata.example': [['169.254.169.254']],
  'mapped.example': [['::ffff:10.0.0.1']],
  'v6-private.example': [['fd00::1']],
  'many.example': [['93.184.216.34', '1.1.1.1', '8.8.8.8', '9.9.9.9', '10.0.0.7']],
  'mixed-families.example': [['2606:4700::1111', 'fe80::1']],
  'rebinding.example': [['10.9.9.9'], ['93.184.216.34']],
  localhost: [['127.0.0.1', '::1']],
  'localhost.': [['127.0.0.1']],
  'sub.localhost': [['127.0.0.1']],
  '127.0.0.1.nip.example': [['127.0.0.1']],
  'garbage.example': [['not an address']],
  'nowhere.example': [[]],
}

/** Not one of them may be connected to. */
export const hostileUrls: readonly string[] = [
  // Private, shared, link-local, loopback, reserved, multicast.
  ...['http://127.0.0.1/', 'http://127.255.255.254/', 'http://10.0.0.1/', 'http://10.255.255.255/'],
  ...['http://172.16.0.1/', 'http://172.31.255.255/', 'http://192.168.0.1/', 'http://100.64.0.1/'],
  ...[
    'http://169.254.0.1/',
    'http://0.0.0.0/',
    'http://0.1.2.3/',
    'http://192.0.0.170/',
    'http://192.0.2.1/',
  ],
  ...['http://198.18.0.1/', 'http://198.51.100.1/', 'http://203.0.113.1/', 'http://224.0.0.1/'],
  ...[
    'http://239.255.255.250/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://192.88.99.1/',
  ],
  // Metadata of cloud machines.
  ...[
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://metadata.example/',
  ],
  // Odd notations of the same.
  ...['http://0177.0.0.1/', 'http://0x7f.0.0.1/', 'http://0x7f000001/', 'http://017700000001/'],
  ...['http://2130706433/', 'http://127.1/', 'http://127.0.1/', 'http://0/', 'http://10.1/'],
  ...['http://127.0.0.1./', 'http://0xA9FEA9FE/', 'http://3232235777/', 'http://0300.0250.1/'],
  ...[
    'http://①②⑦.⓪.⓪.①/',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://%31%32%37.0.0.1/',
  ],
  ...[
    'http:\\\\127.0.0.1\\',
    'http:127.0.0.1',
    'http:///127.0.0.1/',
    'hTTp://127.0.0.1/',
    ' http://127.0.0.1/',
  ],
  ...[
    'http://127.0.0.1:80/',
    'http://12\t7.0.0.1/',
    'http://256.256.256.256/',
    'http://1.2.3.4.5/',
  ],
  // IPv6: itself, IPv4 inside it, tunnels, translations, and space that was never given to anybody.
  ...[
    'http://[::1]/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[fe80::1%25eth0]/',
    'http://[fd00::1]/',
  ],
  ...[
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a00:1]/',
  ],
  ...[
    'http://[::ffff:0:10.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::a00:1]/',
  ],
  ...[
    'http://[2002:7f00:1::]/',
    'http://[2002:a00:1::1]/',
    'http://[2001:0:4136:e378::1]/',
    'http://[2001:db8::1]/',
  ],
  ...[
    'http://[3fff::1]/',
    'http://[100::1]/',
    'http://[5f00::1]/',
    'http://[4000::1]/',
    'http://[::a]/',
  ],
  // Names.
  ...[
    'http://private.example/',
    'http://loopback.example/',
    'http://mapped.example/',
    'http://v6-private.example/',
  ],
  ...[
    'http://many.example/',
    'http://mixed-families.example/',
    'http://rebinding.example/',
    'http://localhost/',
  ],
  ...[
    'http://localhost./',
    'http://LOCALHOST/',
    'http://sub.localhost/',
    'http://127.0.0.1.nip.example/',
  ],
  ...['http://garbage.example/', 'http://nowhere.example/', 'http://unknown.example/'],
  // Who is who.
  ...[
    'http://user:pass@private.example/',
    'http://93.184.216.34@127.0.0.1/',
    'http://127.0.0.1#@public.example/',
  ],
  ...['http://user@93.184.216.34/', 'http://:x@93.184.216.34/'],
  // Not the web.
  ...[
    'file:///etc/passwd',
    'ftp://93.184.216.34/',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'data:audio/wav;base64,AA==',
  ],
  ...[
    'javascript:alert(1)',
    'unix:/run/docker.sock',
    'http+unix://%2frun%2fdocker.sock/',
    'ws://127.0.0.1/',
    '//127.0.0.1/',
  ],
  ...[
    '',
    'http://',
    'http://[',
    'http://[::1',
    'http://a b/',
    `http://127.0.0.1/${'a'.repeat(70_000)}`,
  ],
]
