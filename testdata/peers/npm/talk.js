'use strict';

// A Gy client on the npm package. Each step says so in a line; the other end of standard input says
// when to end.

const diameter = require('diameter');

const session = 'im.example.net;npm;1';
const base = 'Diameter Common Messages';
const creditControl = 'Diameter Credit Control Application';
const origin = [['Origin-Host', 'im.example.net'], ['Origin-Realm', 'example.net']];

const resultOf = (message) => message.body.find(([name]) => name === 'Result-Code')[1];
const say = (step, result) => console.log(`${step} ${result === 'DIAMETER_SUCCESS' ? 2001 : result}`);

exports.talk = function (port) {
    const socket = diameter.createConnection({host: '127.0.0.1', port, timeout: 20000}, () =>
        steps(socket).catch(fail));
    socket.on('error', fail);
    socket.on('diameterMessage', (event) => meet(socket, event));
};

function fail(err) {
    console.log(`failed: ${err.stack || err}`);
    process.exit(1);
}

// The package puts a Session-Id into every request, which requests between neighbours do not have.
function ask(socket, application, command, body) {
    const request = socket.diameterConnection.createRequest(application, command, session);
    request.body = application === base ? body : request.body.concat(body);
    request.header.flags.proxiable = application !== base;
    return socket.diameterConnection.sendRequest(request);
}

function creditControlRequest(socket, type, number, more) {
    return ask(socket, creditControl, 'Credit-Control', [
        ...origin,
        ['Destination-Realm', 'example.net'],
        ['Auth-Application-Id', creditControlId],
        ['Service-Context-Id', '32260@3gpp.org'],
        ['CC-Request-Type', type],
        ['CC-Request-Number', number],
        ['Subscription-Id', [
            ['Subscription-Id-Type', 0],
            ['Subscription-Id-Data', '15560000001'],
        ]],
        ...more,
    ]);
}

const creditControlId = 4;

const service = (...members) =>
    ['Multiple-Services-Credit-Control', [['Rating-Group', 100], ...members]];

async function steps(socket) {
    const opened = await ask(socket, base, 'Capabilities-Exchange', [
        ...origin,
        ['Host-IP-Address', '127.0.0.1'],
        ['Vendor-Id', 10415],
        ['Product-Name', 'npm diameter'],
        ['Auth-Application-Id', creditControlId],
    ]);
    say('open', resultOf(opened));
    const granted = await creditControlRequest(socket, 1, 0, [
        ['Multiple-Services-Indicator', 1], service(['Requested-Service-Unit', []]),
    ]);
    say('granted', resultOf(granted));
}

const answers = {
    // RFC 8506 section 5.5: a CCR-U follows.
    'Re-Auth': {
        result: 'DIAMETER_LIMITED_SUCCESS',
        then: async (socket) => say('updated', resultOf(await creditControlRequest(socket, 2, 1, [
            service(['Used-Service-Unit', [['CC-Time', 5]]],
                ['Requested-Service-Unit', [['CC-Time', 60]]]),
        ]))),
    },
    'Abort-Session': {
        result: 'DIAMETER_SUCCESS',
        then: async (socket) => {
            say('terminated', resultOf(await creditControlRequest(socket, 3, 2, [
                ['Termination-Cause', 4],
            ])));
            await ask(socket, base, 'Device-Watchdog', origin);
            process.stdin.once('data', () => end(socket).catch(fail));
        },
    },
};

// meet answers a request of the server and goes on from there.
function meet(socket, event) {
    const {result, then} = answers[event.message.command];
    event.response.body = event.response.body.concat([['Result-Code', result], ...origin]);
    event.callback(event.response);
    then(socket).catch(fail);
}

async function end(socket) {
    await ask(socket, base, 'Disconnect-Peer', [...origin, ['Disconnect-Cause', 0]]);
    socket.diameterConnection.end();
    process.exit(0);
}
