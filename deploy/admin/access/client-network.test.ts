import { expect } from 'chai';
import { describe, it } from 'mocha';
import { networkOf } from './client-network.ts';

describe('networkOf', () => {
  const table = [
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['unknown', 'unknown'],
  ] as const;
  for (const [address, network] of table) {
    it(`is ${network || 'nothing'} for ${address || 'nothing'}`, () => expect(networkOf(address)).to.equal(network));
  }
});
