package diameter

// of3GPP makes the id of an AVP out of its code in 3GPP's space.
const of3GPP = vendor3GPP << 32

// AVPs of RFC 6733, by id: without a vendor that is the code.
const (
	avpUserName                    = 1
	avpFilterID                    = 11
	avpEventTimestamp              = 55
	avpHostIPAddress               = 257
	avpAuthApplicationID           = 258
	avpVendorSpecificApplicationID = 260
	avpSessionID                   = 263
	avpOriginHost                  = 264
	avpSupportedVendorID           = 265
	avpVendorID                    = 266
	avpResultCode                  = 268
	avpProductName                 = 269
	avpDisconnectCause             = 273
	avpFailedAVP                   = 279
	avpErrorMessage                = 281
	avpOriginStateID               = 278
	avpRedirectHost                = 292
	avpRedirectHostUsage           = 261
	avpRedirectMaxCacheTime        = 262
	avpRouteRecord                 = 282
	avpDestinationRealm            = 283
	avpProxyInfo                   = 284
	avpReAuthRequestType           = 285
	avpDestinationHost             = 293
	avpTerminationCause            = 295
	avpOriginRealm                 = 296
	avpExperimentalResult          = 297
	avpExperimentalResultCode      = 298
)

// AVPs of RFC 8506.
const (
	avpCCCorrelationID               = 411
	avpCCInputOctets                 = 412
	avpCCMoney                       = 413
	avpCCOutputOctets                = 414
	avpCCRequestNumber               = 415
	avpCCRequestType                 = 416
	avpCCServiceSpecificUnits        = 417
	avpCCSessionFailover             = 418
	avpCCSubSessionID                = 419
	avpCCTime                        = 420
	avpCCTotalOctets                 = 421
	avpCheckBalanceResult            = 422
	avpCostInformation               = 423
	avpCostUnit                      = 424
	avpCurrencyCode                  = 425
	avpCreditControlFailureHandling  = 427
	avpDirectDebitingFailureHandling = 428
	avpExponent                      = 429
	avpFinalUnitIndication           = 430
	avpGrantedServiceUnit            = 431
	avpRatingGroup                   = 432
	avpRedirectAddressType           = 433
	avpRedirectServer                = 434
	avpRedirectServerAddress         = 435
	avpRequestedAction               = 436
	avpRequestedServiceUnit          = 437
	avpRestrictionFilterRule         = 438
	avpServiceIdentifier             = 439
	avpSubscriptionID                = 443
	avpSubscriptionIDData            = 444
	avpUnitValue                     = 445
	avpUsedServiceUnit               = 446
	avpValueDigits                   = 447
	avpValidityTime                  = 448
	avpFinalUnitAction               = 449
	avpSubscriptionIDType            = 450
	avpTariffTimeChange              = 451
	avpTariffChangeUsage             = 452
	avpPoolIdentifier                = 453
	avpCCUnitType                    = 454
	avpMultipleServicesIndicator     = 455
	avpMultipleServices              = 456
	avpPoolReference                 = 457
	avpServiceContextID              = 461
	avpSubscriptionIDExtension       = 659
	avpFilterRule                    = 509
	avpRedirectServerExtension       = 665
	avpRedirectAddressIPAddress      = 666
	avpRedirectAddressURL            = 667
	avpRedirectAddressSIPURI         = 668
	avpQoSFinalUnitIndication        = 669
	avpSubscriptionIDE164            = 660
	avpSubscriptionIDPrivate         = 664
)

// AVPs of 3GPP TS 32.299, those that OMA DDS defines included.
const (
	avpSIPMethod                 = of3GPP | 824
	avpContentType               = of3GPP | 826
	avpContentLength             = of3GPP | 827
	avpEventType                 = of3GPP | 823
	avpRoleOfNode                = of3GPP | 829
	avpCallingPartyAddress       = of3GPP | 831
	avpCalledPartyAddress        = of3GPP | 832
	avpIMSChargingIdentifier     = of3GPP | 841
	avpSDPMediaComponent         = of3GPP | 843
	avpSDPMediaName              = of3GPP | 844
	avpServiceID                 = of3GPP | 855
	avpNodeFunctionality         = of3GPP | 862
	avpSupportedFeatures         = of3GPP | 628
	avpTimeQuotaThreshold        = of3GPP | 868
	avpVolumeQuotaThreshold      = of3GPP | 869
	avpTriggerType               = of3GPP | 870
	avpQuotaHoldingTime          = of3GPP | 871
	avpReportingReason           = of3GPP | 872
	avpServiceInformation        = of3GPP | 873
	avpQuotaConsumptionTime      = of3GPP | 881
	avpBaseTimeInterval          = of3GPP | 1265
	avpTimeQuotaMechanism        = of3GPP | 1270
	avpTimeQuotaType             = of3GPP | 1271
	avpAccountExpiration         = of3GPP | 2309
	avpAnnouncementInformation   = of3GPP | 3904
	avpAnnouncementIdentifier    = of3GPP | 3905
	avpAnnouncementOrder         = of3GPP | 3906
	avpVariablePart              = of3GPP | 3907
	avpVariablePartOrder         = of3GPP | 3908
	avpVariablePartType          = of3GPP | 3909
	avpVariablePartValue         = of3GPP | 3910
	avpTimeIndicator             = of3GPP | 3911
	avpQuotaIndicator            = of3GPP | 3912
	avpPlayAlternative           = of3GPP | 3913
	avpLanguage                  = of3GPP | 3914
	avpPrivacyIndicator          = of3GPP | 3915
	avpUnusedQuotaTimer          = of3GPP | 4407
	avpIMSInformation            = of3GPP | 876
	avpNumberOfParticipants      = of3GPP | 885
	avpMessageBody               = of3GPP | 889
	avpMessageSize               = of3GPP | 1212
	avpUnitQuotaThreshold        = of3GPP | 1226
	avpRequestedPartyAddress     = of3GPP | 1251
	avpServiceGenericInformation = of3GPP | 1256
	avpParticipantGroup          = of3GPP | 1260
	avpTrigger                   = of3GPP | 1264
	avpEarlyMediaDescription     = of3GPP | 1272
	avpLowBalanceIndication      = of3GPP | 2020
	avpRemainingBalance          = of3GPP | 2021
	avpRefundInformation         = of3GPP | 2022
	avpSDPType                   = of3GPP | 2036
	avpApplicationServiceType    = of3GPP | 2102
	avpApplicationSessionID      = of3GPP | 2103
	avpIMInformation             = of3GPP | 2110
	avpMessagesExplodedDelivered = of3GPP | 2111
	avpMessagesDelivered         = of3GPP | 2112
	avpTotalMessagesExploded     = of3GPP | 2113
	avpTotalMessagesSent         = of3GPP | 2114
)
