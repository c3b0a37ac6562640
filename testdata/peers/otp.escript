#!/usr/bin/env escript
%% -*- erlang -*-
%%! +S 2
%% Erlang/OTP's diameter as a judge: `decode` reads messages as lines of hexadecimal digits and says
%% of each what it is or what is wrong with it; `talk PORT` is a Gy client. Both read with the
%% dictionaries beside this file, and nothing that these do not name is let through.

-module(otp_peer).
-mode(compile).

-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3,
         handle_answer/4, handle_error/4, handle_request/3]).

-define(CC, ocs_credit_control).
-define(SERVICE, otp_peer).

main(["decode"]) ->
    load(),
    io:format("~s~n", [version()]),
    decode_lines(io:get_line(""));
main(["talk", Port]) ->
    load(),
    io:format("~s~n", [version()]),
    talk(list_to_integer(Port)).

version() ->
    _ = application:load(diameter),
    {ok, V} = application:get_key(diameter, vsn),
    "Erlang/OTP " ++ erlang:system_info(otp_release) ++ ", diameter " ++ V.

%% load compiles the dictionaries and keeps the code in memory.
load() ->
    Dir = filename:dirname(escript:script_name()),
    lists:foreach(fun(Name) -> load(filename:join(Dir, Name)) end, ["ocs_base", ?CC]).

load(File) ->
    {ok, [Forms]} = diameter_make:codec(lists:concat([File, ".dia"]), [forms, return]),
    {ok, Module, Code} = compile:forms(Forms, [nowarn_unused_function]),
    {module, Module} = code:load_binary(Module, File, Code).

%%% Decoding

decode_lines(eof) ->
    ok;
decode_lines(Line) ->
    Bin = binary:decode_hex(list_to_binary(string:trim(Line))),
    io:format("~s~n", [verdict(catch decode(Bin))]),
    decode_lines(io:get_line("")).

%% Answers with the E bit have a grammar of their own in the base protocol, and OTP's own
%% dictionary has it, as it has the base protocol's commands.
decode(<<_:4/binary, R:1, _:1, E:1, _/bitstring>> = Bin) when R == 0, E == 1 ->
    Options = maps:put(app_dictionary, ?CC, options()),
    diameter_codec:decode(diameter_gen_base_rfc6733, Options, Bin);
decode(<<_:8/binary, 0:32, _/binary>> = Bin) ->
    diameter_codec:decode(diameter_gen_base_rfc6733, options(), Bin);
decode(<<_:8/binary, 3:32, _/binary>> = Bin) ->
    diameter_codec:decode(diameter_gen_acct_rfc6733, options(), Bin);
decode(Bin) ->
    diameter_codec:decode(?CC, options(), Bin).

%% strict_arities is what OTP does where nothing else is said.
options() ->
    #{decode_format => map, string_decode => false, strict_mbit => true, rfc => 6733}.

verdict(Packet) when element(1, Packet) == diameter_packet ->
    case {element(4, Packet), element(6, Packet)} of
        {[Name | _], []} ->
            ["ok ", atom_to_list(Name)];
        {undefined, Errors} ->
            io_lib:format("not decoded: ~0p", [Errors]);
        {_, Errors} ->
            io_lib:format("errors: ~0p", [Errors])
    end;
verdict(Other) ->
    io_lib:format("failed: ~0p", [Other]).

%%% Talking. Each step says so in a line; the other end of standard input says when to go on.

talk(Port) ->
    true = register(talk, self()),
    ok = diameter:start(),
    true = diameter:subscribe(?SERVICE),
    ok = diameter:start_service(?SERVICE, service()),
    {ok, _} = diameter:add_transport(?SERVICE, transport(Port)),
    await_up(),
    say("open", 2001),
    say("granted", ask(1, 0, #{'Multiple-Services-Indicator' => [1],
                               'Multiple-Services-Credit-Control' =>
                                   [#{'Rating-Group' => [100], 'Requested-Service-Unit' => [#{}]}]})),
    await('RAR'),
    say("updated", ask(2, 1, #{'Multiple-Services-Credit-Control' =>
                                   [#{'Rating-Group' => [100], 'Used-Service-Unit' => [#{'CC-Time' => [5]}],
                                      'Requested-Service-Unit' => [#{'CC-Time' => [60]}]}]})),
    await('ASR'),
    say("terminated", ask(3, 2, #{'Termination-Cause' => [4]})),
    _ = io:get_line(""),
    ok = diameter:stop_service(?SERVICE),
    ok = diameter:stop().

service() ->
    [{'Origin-Host', "im.example.net"}, {'Origin-Realm', "example.net"},
     {'Vendor-Id', 10415}, {'Product-Name', "OTP"}, {'Auth-Application-Id', [4]},
     {decode_format, map}, {string_decode, false}, {strict_mbit, true}, {strict_arities, true},
     {application, [{alias, cc}, {dictionary, ?CC}, {module, ?MODULE},
                    {answer_errors, callback}, {request_errors, callback}]}].

%% Six seconds are the least that RFC 3539 allows, and they may be four.
transport(Port) ->
    {connect, [{transport_module, diameter_tcp}, {watchdog_timer, 6000},
               {transport_config, [{raddr, {127, 0, 0, 1}}, {rport, Port}]}]}.

await_up() ->
    receive
        #{} -> await_up();
        Event when element(1, Event) == diameter_event ->
            case element(3, Event) of
                Up when element(1, Up) == up -> ok;
                start -> await_up();
                {watchdog, _, _, _, _} -> await_up();
                Info -> exit({no_connection, Info})
            end
    after 20000 -> exit(no_connection)
    end.

await(Name) ->
    receive {request, Name} -> ok
    after 20000 -> exit({no, Name})
    end.

say(Step, Result) ->
    io:format("~s ~p~n", [Step, Result]).

ask(Type, Number, More) ->
    Common = #{'Session-Id' => "im.example.net;otp;1", 'Auth-Application-Id' => 4,
               'Service-Context-Id' => "32260@3gpp.org", 'Destination-Realm' => "example.net",
               'CC-Request-Type' => Type, 'CC-Request-Number' => Number,
               'Subscription-Id' => [#{'Subscription-Id-Type' => 0,
                                       'Subscription-Id-Data' => "15560000001"}]},
    diameter:call(?SERVICE, cc, ['CCR' | maps:merge(Common, More)], []).

peer_up(_, _, State) -> State.

peer_down(_, _, State) -> State.

pick_peer([Peer | _], _, _, _) -> {ok, Peer}.

prepare_request(Packet, _, {_, Caps}) ->
    ['CCR' | Avps] = element(4, Packet),
    {OriginHost, _} = element(2, Caps),
    {OriginRealm, _} = element(3, Caps),
    {send, ['CCR' | Avps#{'Origin-Host' => OriginHost, 'Origin-Realm' => OriginRealm}]}.

prepare_retransmit(_, _, _) -> discard.

%% An answer with faults is told as those, and fails whoever wants a number.
handle_answer(Packet, _, _, _) ->
    case {element(4, Packet), element(6, Packet)} of
        {[_ | #{'Result-Code' := Result}], []} -> Result;
        {_, Errors} -> {errors, Errors}
    end.

handle_error(Reason, _, _, _) -> {error, Reason}.

handle_request(Packet, _, {_, Caps}) ->
    {[Name | #{'Session-Id' := Id}], []} = {element(4, Packet), element(6, Packet)},
    {OriginHost, _} = element(2, Caps),
    {OriginRealm, _} = element(3, Caps),
    talk ! {request, Name},
    {reply, [answer(Name) | #{'Session-Id' => Id, 'Result-Code' => result(Name),
                              'Origin-Host' => OriginHost, 'Origin-Realm' => OriginRealm}]}.

answer('RAR') -> 'RAA';
answer('ASR') -> 'ASA'.

%% RFC 8506 section 5.5: a CCR-U follows.
result('RAR') -> 2002;
result('ASR') -> 2001.
