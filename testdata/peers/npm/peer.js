'use strict';

// The npm package "diameter" as a judge: `decode` reads messages as lines of hexadecimal digits and
// says of each what it is or what is wrong with it; `talk PORT` is a Gy client. The package's codec
// throws on every AVP, command and enumerated value that its dictionary lacks.

const readline = require('readline');
const codec = require('diameter/lib/diameter-codec');

function verdict(line) {
    try {
        return `ok ${codec.decodeMessage(Buffer.from(line, 'hex')).command}`;
    } catch (err) {
        return err.message;
    }
}

function decode() {
    readline.createInterface({input: process.stdin}).on('line', (line) => console.log(verdict(line)));
}

require('./dictionary').extend(__dirname);
console.log(`node ${process.version}, diameter ${require('diameter/package.json').version}`);
if (process.argv[2] === 'decode') {
    decode();
} else {
    require('./talk').talk(Number(process.argv[3]));
}
